"""Mistakes in what a SQL store is given, each found when it is built, and told by its cure."""

from __future__ import annotations

import secrets
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores.opening import upgrade_store
from bearerguard.stores.sql import SqlTokenStore
from tests.stores.databases import POSTGRESQL, database, execute

MYSQL = "mysql://root@127.0.0.1/test"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"{POSTGRESQL}/test?sslmod=require", "has an option that PostgreSQL does not know"),
        (f"{POSTGRESQL}/test?sslmode=hunter2", "has a URL with an option of a wrong value"),
        (f"{POSTGRESQL}/test?sslmode=require&sslrootcert=/no/hunter2", "is not there: sslrootcert="),
        (f"{MYSQL}?charset=hunter2", "the URL of a MySQL may have ssl_ca, "),
        (f"{MYSQL}?ssl_ca=/no/hunter2", "is not there: ssl_ca="),
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(url: str, message: str) -> None:
    """Else it would look like a database that is down, and be tried for ever."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        SqlTokenStore(url, create=False)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("create", ["no", 0, None])
def test_create_is_a_switch(create: Any) -> None:
    """A word would count as True, and make tables."""
    with pytest.raises(ConfigurationError, match=r"SqlTokenStore\(create=...\) must be True or False"):
        SqlTokenStore(MYSQL, create=create)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_table_that_lacks_a_column_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    """Its version says that all is well."""
    with database(kind, tmp_path) as url:
        upgrade_store(url)
        execute(url, "ALTER TABLE bearerguard_tokens DROP COLUMN label")
        with pytest.raises(ConfigurationError, match="has a table that lacks a column: see"):
            SqlTokenStore(url, create=False)


@pytest.mark.parametrize("granted", [(), ("bearerguard_schema",)])
def test_a_user_without_the_right_to_look_up_is_refused_at_once(
    granted: tuple[str, ...], tmp_path: Path
) -> None:
    """Else each request would get 503 until somebody reads the log."""
    user = f"bearerguard_{secrets.token_hex(4)}"
    with database("postgresql", tmp_path) as url:
        upgrade_store(url)
        execute(url, f"CREATE ROLE {user} LOGIN")
        try:
            for table in granted:
                execute(url, f"GRANT SELECT ON {table} TO {user}")
            with pytest.raises(ConfigurationError, match="does not let this user do that: see its GRANTs"):
                SqlTokenStore(url.replace("postgres@", f"{user}@"), create=False)
        finally:
            execute(url, f"DROP OWNED BY {user}")
            execute(url, f"DROP ROLE {user}")


def test_what_never_greets_keeps_nobody_waiting() -> None:
    """Another program at the port of a MySQL: people would wait as long for it as for a long answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mysql://root@127.0.0.1:{silent.getsockname()[1]}/test"
        store = SqlTokenStore(url, create=False, timeout_seconds=0.2, feed=False)
        began_at = time.monotonic()
        with pytest.raises(Unavailable):
            list(store.records())
        assert time.monotonic() - began_at < 10
