"""What each engine tells, whoever changes a token: what may make a cached answer wrong, and nothing else."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import make_url

from bearerguard.errors import Unavailable
from bearerguard.stores import TokenRecord
from bearerguard.stores._row_triggers import MAX_KEPT
from bearerguard.stores.revocations import revocation_of_jti
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.databases import database
from tests.stores.feeding import eventually

COUNTING = ("mariadb", "sqlite", "file")
KINDS = ("postgresql", *COUNTING)
MARKER_SECONDS = 0.3


class Told:
    """A store that listens, another one on the same place, and a connection of anybody's."""

    def __init__(self, kind: str, place: str) -> None:
        self.kind = kind
        make: Any = SqliteTokenStore if kind == "file" else SqlTokenStore
        self.store, self.other = make(place), make(place)
        self.heard: list[bytes | None] = []
        self._numbers, self._markers = itertools.count(), set[bytes]()
        self.store.subscribe(self.heard.append)
        self.store.feed.listen()
        eventually(lambda: self.store.feed.is_up)
        self.heard.clear()
        self.table = "tokens" if kind == "file" else "bearerguard_tokens"
        self.connection = self.connect(place)

    def connect(self, place: str) -> Any:
        if self.kind == "file":
            return sqlite3.connect(place, timeout=5)
        if self.kind == "postgresql":
            return psycopg.connect(place)
        url = make_url(place)
        if self.kind == "mariadb":
            return pymysql.connect(host=url.host, user=url.username, database=url.database)
        return sqlite3.connect(str(url.database), timeout=5)

    def run(self, statement: str, digest: bytes = b"", other: bytes = b"") -> None:
        """Run one in the transaction under way; `?` and `!` are digests, `tokens` the table."""
        literal = "'\\x{}'" if self.kind == "postgresql" else "x'{}'"
        for sign, value in (("?", digest), ("!", other)):
            statement = statement.replace(sign, literal.format(value.hex()))
        cursor = self.connection.cursor()
        cursor.execute(statement.replace("tokens", self.table))
        cursor.close()

    def end(self, how: str = "commit") -> None:
        getattr(self.connection, how)()

    def now_heard(self) -> list[bytes | None]:
        """Give what was told by now, and forget it: what was told before a marker has come before it."""
        marker = record(f"marker {next(self._numbers)}")
        self._markers.add(marker.digest)
        self.other.extend(marker)  # the first time it is new, and so not told
        until = 0.0
        while marker.digest not in self.heard:
            if time.monotonic() > until:  # it may have been one of those that were told as all
                until = time.monotonic() + MARKER_SECONDS
                self.other.extend(marker)
            time.sleep(0.002)
        found, self.heard[:] = list(self.heard), []
        return [digest for digest in found if digest not in self._markers]

    def close(self) -> None:
        self.connection.close()
        self.store.close()
        self.other.close()


@pytest.fixture(scope="module", params=KINDS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder: Path = tmp_path_factory.mktemp("feed")
    with database("sqlite" if request.param == "file" else request.param, folder) as url:
        one = Told(request.param, str(folder / "tokens.db") if request.param == "file" else url)
        yield one
        one.close()


def record(name: str, **more: Any) -> TokenRecord:
    facts: dict[str, Any] = {"subject": "alice", "client_id": "app", "issued_at": 1.0, "expires_at": 4e9}
    return TokenRecord(sha256(name.encode()).digest(), **{**facts, **more})


def added(told: Told, *names: str, **more: Any) -> list[bytes]:
    records = [record(name, **more) for name in names]
    told.other.add_many(records)
    return [one.digest for one in records]


def test_all_that_the_store_itself_changes_is_told(told: Told) -> None:
    """Through another object, as another process has it; a revocation of what others issued too."""
    one, two, three = added(told, "own-1", "own-2", "own-3")
    told.other.revoke(one)
    told.other.extend(record("own-2", expires_at=5e9))
    told.other.merge([record("own-3", revoked_at=5.0)])
    revocation = revocation_of_jti("https://as.example", "j", expires_at=None)
    told.other.extend(revocation)
    assert [one, two, three, revocation.digest] == told.now_heard()


def test_new_tokens_and_the_purge_of_ended_ones_are_not_told(told: Told) -> None:
    """They would be most of all, and make no cached answer wrong."""
    added(told, "ended-1", "ended-2", expires_at=10.0)
    told.other.purge(before=20.0)
    assert [] == told.now_heard()


def test_anybody_s_own_sql_is_told(told: Told) -> None:
    """Whoever revokes needs no function of ours."""
    one, two, three = added(told, "sql-1", "sql-2", "sql-3")
    told.run("UPDATE tokens SET revoked_at = 5 WHERE digest = ?", one)
    told.run("UPDATE tokens SET scopes = 'less' WHERE digest = ?", two)
    told.run("DELETE FROM tokens WHERE digest = ?", three)
    told.end()
    assert [one, two, three] == told.now_heard()


def test_a_token_that_gets_another_digest_is_gone(told: Told) -> None:
    """Both are told."""
    (one,) = added(told, "renamed")
    with_other = sha256(b"another name").digest()
    told.run("UPDATE tokens SET digest = ! WHERE digest = ?", one, with_other)
    told.end()
    assert {one, with_other} == set(told.now_heard())


@pytest.mark.parametrize("told", COUNTING, indirect=True)
def test_a_revoked_token_that_takes_a_good_one_s_place_is_told(told: Told) -> None:
    """Of SQLite, REPLACE tells no DELETE."""
    (one,) = added(told, "replaced")
    told.run(
        "REPLACE INTO tokens (digest, subject, scopes, issued_at, revoked_at) VALUES (?, 'alice', '', 1, 5)",
        one,
    )
    told.end()
    assert {one} == set(told.now_heard())


@pytest.mark.parametrize("told", ["postgresql"], indirect=True)
def test_what_is_changed_in_the_role_of_a_replica_is_told(told: Told) -> None:
    """As by programs that replicate or restore: few triggers of PostgreSQL run for them."""
    (one,) = added(told, "replicated")
    told.run("SET LOCAL session_replication_role = replica")
    told.run("UPDATE tokens SET revoked_at = 5 WHERE digest = ?", one)
    told.end()
    assert [one] == told.now_heard()


def test_what_was_taken_back_is_not_told(told: Told) -> None:
    """The telling is part of the transaction."""
    (one,) = added(told, "taken-back")
    told.run("UPDATE tokens SET revoked_at = 5 WHERE digest = ?", one)
    told.end("rollback")
    assert [] == told.now_heard()


def test_what_is_not_yet_committed_is_not_told(told: Told) -> None:
    """Who looked it up anew would find it good."""
    (one,) = added(told, "under-way")
    told.run("UPDATE tokens SET revoked_at = 5 WHERE digest = ?", one)
    time.sleep(0.12)
    assert [] == told.heard
    told.end()
    eventually(lambda: one in told.heard)
    told.now_heard()


def test_a_thousand_are_told_each_and_more_as_all(told: Told) -> None:
    """Beyond that it is less work to look all up anew."""
    added(told, *(f"many-{number}" for number in range(1_001)), subject="many")
    told.now_heard()
    told.other.revoke_all(subject="many")
    assert [None] == told.now_heard()
    if told.kind == "postgresql":
        told.run("TRUNCATE tokens")
        told.end()
        assert [None] == told.now_heard()


def test_all_that_is_deleted_at_once_is_told(told: Told) -> None:
    """SQLite does not look at each row then, unless somebody listens."""
    told.run("DELETE FROM tokens WHERE subject = 'many'")
    told.end()
    told.now_heard()
    one, two = added(told, "last-1", "last-2")
    told.run("DELETE FROM tokens")
    told.end()
    assert {one, two} <= set(told.now_heard())


@pytest.mark.parametrize("told", COUNTING, indirect=True)
def test_the_changes_that_are_kept_are_bounded(told: Told) -> None:
    """Who is away for longer sees by their numbers that some are missing."""
    source = told.store.feed.new_source()
    source.open()
    told.run(f"UPDATE bearerguard_counter SET number = number + {MAX_KEPT}")  # noqa: S608 - a number
    told.end()
    (one,) = added(told, "kept")
    told.other.revoke(one)
    assert [None] == list(source.prove())
    assert [] == list(source.prove())
    with closing(told.connection.cursor()) as cursor:
        cursor.execute("SELECT count(*) FROM bearerguard_changes")
        assert 1 == cursor.fetchone()[0]
    told.end()
    source.close()
    told.now_heard()


@pytest.mark.parametrize("told", ["postgresql"], indirect=True)
def test_a_pooler_that_shares_connections_is_an_outage(told: Told) -> None:
    """Else nothing would be heard, and silence taken for good news."""
    source = told.store.feed.new_source()
    source.open()
    assert [] == list(source.prove())
    source._rows("UNLISTEN *")
    with pytest.raises(Unavailable, match="the pooler in between shares connections"):
        list(source.prove())
    source.close()


@pytest.mark.parametrize("told", ["mariadb"], indirect=True)
def test_revocations_that_wait_for_each_other_are_all_done(told: Told) -> None:
    """One of many holds the counter and wants a row that another holds: one is ended, and tries again."""
    digests = added(told, *(f"meeting-{number}" for number in range(300)), subject="meeting")
    with ThreadPoolExecutor(1) as pool:
        all_at_once = pool.submit(told.store.revoke_all, subject="meeting")
        one_by_one = sum(told.other.revoke(digest) for digest in digests[::3])
        assert 300 == one_by_one + all_at_once.result()
    told.now_heard()
