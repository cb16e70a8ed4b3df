"""What somebody has taken from a store's tables: it is noticed, and `store upgrade` makes it again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bearerguard.cli import main
from bearerguard.errors import Unavailable
from bearerguard.stores import issue
from bearerguard.stores._sql.command import ddl
from bearerguard.stores.opening import open_store, upgrade_store
from tests.stores.databases import KINDS, database, execute

LAST_CHANGE = 17
ALL_KINDS = (*KINDS, "file")


class Place:
    """A store's tables, and anybody's own SQL on them; `tokens` is their table."""

    def __init__(self, kind: str, url: str, folder: Path) -> None:
        self.kind = kind
        self.path = folder / ("tokens.db" if kind == "file" else "sql.db")
        self.text = str(self.path) if kind == "file" else url
        self.store: Any = open_store(self.text, create=True)

    def run(self, statement: str) -> None:
        if self.kind in ("postgresql", "mariadb"):
            execute(self.text, statement)
        else:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                connection.execute(statement)

    def opened(self) -> Any:
        source = self.store.feed.new_source()
        source.open()
        return source


@pytest.fixture(params=ALL_KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with database("sqlite" if request.param == "file" else request.param, tmp_path) as url:
        one = Place(request.param, url, tmp_path)
        yield one
        one.store.close()


def checked(place: Place) -> str:
    return CliRunner().invoke(main, ["store", "check"], env={"BEARERGUARD_STORE": place.text}).stderr


def test_a_trigger_that_is_gone_is_noticed_and_made_again(place: Place) -> None:
    """Silence would be taken for good news; who did not notice hears of a gap."""
    unaware = place.opened()
    of = " ON bearerguard_tokens" if place.kind == "postgresql" else ""
    place.run(f"DROP TRIGGER bearerguard_tell_update{of}")
    with pytest.raises(Unavailable, match=r"triggers .*are missing.*run `bearerguard store upgrade`"):
        place.opened()
    assert "triggers that tell other processes of revocations are missing" in checked(place)
    before, after = upgrade_store(place.text)
    assert before == after
    assert "triggers" not in checked(place)
    assert [None] == list(unaware.prove())
    record = issue(subject="alice")[1]
    place.store.add(record)
    place.store.revoke(record.digest)
    assert [record.digest] == list(unaware.prove())
    for source in (unaware, place.opened()):
        source.close()


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_triggers_that_are_disabled_later_are_noticed_too(place: Place) -> None:
    """As a restore does it, or somebody who imports."""
    source = place.opened()
    place.run("ALTER TABLE bearerguard_tokens DISABLE TRIGGER ALL")
    with pytest.raises(Unavailable, match="triggers are missing or disabled"):
        list(source.prove())
    upgrade_store(place.text)
    assert [None] == list(source.prove())
    source.close()


@pytest.mark.parametrize("place", ["mariadb", "sqlite", "file"], indirect=True)
def test_a_counter_that_somebody_changed_is_repaired(place: Place) -> None:
    """Else the next revocation would not be told, or not be possible."""
    place.run(f"INSERT INTO bearerguard_changes (number, digest) VALUES ({LAST_CHANGE}, x'{'00' * 32}')")  # noqa: S608
    for last, rows in ((LAST_CHANGE, 0), (LAST_CHANGE + 2, 1), (LAST_CHANGE + 4, 2)):
        place.run("DELETE FROM bearerguard_counter")
        for _ in range(rows):
            place.run("INSERT INTO bearerguard_counter (number) VALUES (3)")
        upgrade_store(place.text)
        source = place.opened()
        record = issue(subject="alice")[1]
        place.store.add(record)
        assert place.store.revoke(record.digest)
        told = [(number, bytes(digest)) for number, digest in source.changes_after(last + 1, 9)]
        assert [(last + 2, record.digest)] == told
        source.close()


def test_every_table_can_take_back_what_it_was_told() -> None:
    """Whatever the server's default engine is."""
    tables = [part for part in ddl("mysql").split(";") if "CREATE TABLE" in part]
    assert ["ENGINE=InnoDB" in part for part in tables] == [True] * 5


@pytest.mark.parametrize("place", ["sqlite", "file"], indirect=True)
def test_a_live_token_that_another_live_one_replaces_is_told(place: Place) -> None:
    """Its expiry may be an earlier one, and SQLite's REPLACE runs no trigger of a DELETE."""
    record = issue(subject="alice")[1]
    place.store.add(record)
    source = place.opened()
    table = "tokens" if place.kind == "file" else "bearerguard_tokens"
    place.run(
        f"REPLACE INTO {table} SELECT digest, subject, client_id, scopes, issued_at, 1.0, revoked_at, label "  # noqa: S608
        f"FROM {table}"
    )
    assert [record.digest] == list(source.prove())
    source.close()
