"""Which store a text means, and what is said of one that cannot be opened."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.opening import open_store, upgrade_store
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.databases import KINDS, database
from tests.stores.redis_servers import URL, forget, own_prefix

ROOT = Path(__file__).parents[2]


def test_a_path_is_a_file(tmp_path: Path) -> None:
    """Also one that looks like the beginning of a URL."""
    store = open_store(str(tmp_path / "postgresql:tokens.db"), create=True)
    assert type(store) is SqliteTokenStore
    assert 0 == store.count()


@pytest.mark.parametrize("kind", KINDS)
def test_the_url_of_a_database_is_that_database(tmp_path: Path, kind: str) -> None:
    """Its tables are made with `create` only."""
    with database(kind, tmp_path) as url:
        with pytest.raises(ConfigurationError, match="run `bearerguard store upgrade`"):
            open_store(url)
        store = open_store(url, create=True)
        assert isinstance(store, SqlTokenStore)
        store.close()


def test_the_url_of_a_redis_is_that_redis_and_its_prefix() -> None:
    """`?prefix=` is what RedisTokenStore(prefix=...) is told."""
    prefix = own_prefix("opening")
    record = issue(subject="alice")[1]
    for url, found in ((f"{URL}?prefix={prefix}", record), (f"{URL}?prefix=other-{prefix}", None)):
        store = open_store(url)
        assert isinstance(store, RedisTokenStore)
        if found:
            store.add(record)
        assert found == store.find(record.digest)
        store.close()
    forget(prefix)


def test_a_redis_has_no_tables_to_upgrade() -> None:
    """Its values have versions of their own."""
    state = upgrade_store(f"{URL}?prefix={own_prefix('upgrading')}")
    assert state[0] == state[1]


@pytest.mark.parametrize(
    "url",
    [
        "oracle://alice:s3cret@db/x",
        "https://alice:s3cret@db/x",
        "redis+x://s3cret@h",
        "redis://app:s3cret#1@h:6379/0",
        "redis://app:1#s3cret@h:6379/0",
        "redis+sentinel://app:s3cret/1@h/svc",
        "redis+sentinel://app:1/s3cret@h",
        "postgresql://u:s3cret@h:s3cret@h/db",
        "postgresql://u:p@s3cret@h/db",
        "postgresql://u:p@h/s3cret@h/db",
        "postgresql//u:s3cret@h/db",
        "mysql:/u:s3cret@h/db",
        "u:s3cret@h/db",
        "u:s3cret@h:5432/db",
    ],
)
def test_what_nobody_knows_is_named_without_being_repeated(url: str) -> None:
    """A URL may hold a password."""
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "s3cret" not in "".join(traceback.format_exception_only(caught.value))
    cause = caught.value if caught.value.__suppress_context__ else caught.value.__context__
    assert "s3cret" not in str(cause)


@pytest.mark.parametrize(
    ("package", "url", "extra"),
    [
        ("sqlalchemy", "postgresql://db/x", "sql"),
        ("psycopg", "postgresql://db/x", "sql"),
        ("pymysql", "mysql://db/x", "sql"),
        ("redis", "redis://db", "redis"),
    ],
)
def test_a_package_that_is_not_installed_is_named_by_its_extra(package: str, url: str, extra: str) -> None:
    """In one sentence, and without a traceback."""
    script = (
        f"import sys; sys.modules[{package!r}] = None; from bearerguard.cli import main; "
        f"main(['store', 'check', '--store', {url!r}])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert 1 == done.returncode
    assert done.stderr.startswith("Error: this ")
    assert done.stderr.endswith(
        f"needs packages that are not installed: pip install 'bearerguard[{extra}]'\n"
    )


def test_the_stores_of_one_kind_are_told_apart(tmp_path: Path) -> None:
    """By what they are, not by how they were reached."""
    other = tmp_path / "other"
    other.symlink_to(tmp_path)
    one, same, two = (
        open_store(str(path), create=True)
        for path in (tmp_path / "tokens.db", other / "tokens.db", tmp_path / "two.db")
    )
    assert one.state().identity == same.state().identity != two.state().identity
    assert MemoryTokenStore().state().identity


@pytest.mark.parametrize(("package", "name"), [("sqlalchemy", "sql"), ("redis", "redis")])
def test_the_class_itself_names_the_extra_too(package: str, name: str) -> None:
    """Who imports it has not asked for it by a URL."""
    script = f"import sys; sys.modules[{package!r}] = None; import bearerguard.stores.{name}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert done.stderr.endswith(f"TokenStore needs more packages: pip install 'bearerguard[{name}]'\n")
