"""Last uses in a token file that is locked, old, or not whole."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores import digest_of
from bearerguard.stores._sqlite.schema import APPLICATION_ID, MIGRATIONS
from tests.stores.feeding import eventually
from tests.stores.uses.using import NAMED, Edge, Watched, ask, guarded, issued, write_now
from tests.support import (
    START,
)


def test_a_locked_file_delays_no_request(store: Watched, edge: Edge, path: Path) -> None:
    """Who writes waits for the lock on a thread of its own; a request is as quick as ever, and good."""
    tokens = [issued(store) for _ in range(50)]
    guard = guarded(edge, store)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert 200 == ask(edge, guard, tokens[0])
        write_now(store)
        eventually(lambda: store.writers)
        began_at = time.monotonic()
        assert {200} == {ask(edge, guard, token) for token in tokens}
        assert (True, []) == (time.monotonic() - began_at < 2.0, store.batches)  # the lock is waited for 5 s
        other.execute("ROLLBACK")
    store.close()
    assert {NAMED + str(path)} == set(store.writers)
    assert {digest_of(token): START for token in tokens} == store.last_uses(map(digest_of, tokens))


def test_a_failed_write_is_no_failed_request(
    store: Watched, edge: Edge, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says so, and one that it works again; nothing was lost."""
    token, other = issued(store), issued(store)
    guard = guarded(edge, store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE uses RENAME TO away")
        for one in (token, other):
            assert 200 == ask(edge, guard, one)
            tried = len(store.writers)
            write_now(store)
            eventually(lambda tried=tried: len(store.writers) > tried)
        eventually(lambda: len(store._uses._noted) == 2)  # type: ignore[union-attr]
        connection.execute("ALTER TABLE away RENAME TO uses")
    store.close()
    assert {digest_of(token), digest_of(other)} == store.last_uses(
        [digest_of(token), digest_of(other)]
    ).keys()
    what = f"token store: {path} does not have the tables it should have: restore it from a backup"
    assert [
        f"when tokens were last used cannot be kept, and is tried again later: {what}",
        f"when tokens were last used is kept in {path} again",
    ] == [one.getMessage() for one in caplog.records]


def test_a_file_of_an_earlier_version_gets_the_table(path: Path, edge: Edge) -> None:
    """When a server opens it; its tokens were never used yet."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in (one for step in MIGRATIONS[:2] for one in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")
    store = Watched(path)
    token = issued(store)
    assert {} == store.last_uses([digest_of(token)])
    assert 200 == ask(edge, guarded(edge, store), token)
    store.close()
    assert {digest_of(token): START} == store.last_uses([digest_of(token)])


def test_a_file_without_the_table_serves_all_the_same(path: Path, edge: Edge) -> None:
    """Only who asks for the last use hears of it."""
    store = Watched(path)
    token = issued(store)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE uses")
    assert 200 == ask(edge, guarded(edge, store), token)
    with pytest.raises(Unavailable):
        store.last_uses([digest_of(token)])
    store.close()
