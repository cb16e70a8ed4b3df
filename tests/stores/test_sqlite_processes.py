"""One file, many processes: killed writers, readers beside a writer, forks."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bearerguard.stores import issue
from bearerguard.stores._sqlite import reader, writer
from bearerguard.stores.sqlite import SqliteTokenStore

ROOT = Path(__file__).parents[2]
ROUNDS = 12
MOST_LINES_A_ROUND = 25

WRITER = """
import sys
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

store = SqliteTokenStore(sys.argv[1])
while True:
    for _ in range(2):
        record = issue(subject="alice")[1]
        store.add(record)
        print("added", record.digest.hex(), flush=True)
    store.revoke(record.digest)
    print("revoked", record.digest.hex(), flush=True)
"""


def python(script: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
    )


def test_a_killed_writer_loses_nothing_that_it_said_was_done(tmp_path: Path) -> None:
    """`kill -9` at a random moment, again and again: every token and every revocation is there.

    The writer says "added" and "revoked" after each; it is killed in the middle of what comes next.
    """
    path = tmp_path / "tokens.db"
    said: dict[str, set[str]] = {"added": set(), "revoked": set()}
    for _ in range(ROUNDS):
        with python(WRITER, path) as writer:
            assert writer.stdout is not None
            for _ in range(random.randint(1, MOST_LINES_A_ROUND)):  # noqa: S311
                note(said, writer.stdout.readline().removesuffix("\n"))
            # It has gone on since, and has said more; a last line may have been cut short.
            writer.kill()
            for line in writer.stdout.read().splitlines():
                note(said, line)
        store = SqliteTokenStore(path, create=False)
        kept = {record.digest.hex(): record.revoked_at for record in store.records()}
        assert said["added"] <= kept.keys()
        assert all(kept[digest] is not None for digest in said["revoked"])
        assert all(store.find(bytes.fromhex(digest)) for digest in said["added"])
        store.close()
    assert len(said["added"]) > ROUNDS
    assert said["revoked"]


def note(said: dict[str, set[str]], line: str) -> None:
    what, _, digest = line.partition(" ")
    if len(digest) == 64:
        said[what].add(digest)


IMPORTER = """
import sys
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

def records():
    for number in range(100_000):
        if number == 5_000:
            print("half way", flush=True)
        yield issue(subject="alice")[1]

SqliteTokenStore(sys.argv[1]).add_many(records())
"""


def test_a_killed_import_has_added_nothing(tmp_path: Path) -> None:
    """All or nothing, also when nobody can tidy up."""
    path = tmp_path / "tokens.db"
    SqliteTokenStore(path)
    with python(IMPORTER, path) as importer:
        assert importer.stdout is not None
        assert "half way\n" == importer.stdout.readline()
        importer.kill()
    assert [] == list(SqliteTokenStore(path, create=False).records())


READER = """
import sys
from bearerguard.stores.sqlite import SqliteTokenStore

store = SqliteTokenStore(sys.argv[1], create=False)
print("ready", flush=True)
for line in sys.stdin:
    if line == "end\\n":
        break
    revoked = bytes.fromhex(line)
    assert store.find(revoked).revoked_at is not None
    for _ in range(500):
        assert store.find(bytes(32)) is None
        assert store.find(revoked) is not None
    print("seen", flush=True)
"""


def test_readers_go_on_beside_a_writer_and_see_what_it_has_done(tmp_path: Path) -> None:
    """No read fails, and a revocation is seen by the first read after it."""
    path = tmp_path / "tokens.db"
    store = SqliteTokenStore(path)
    readers = [python(READER, path) for _ in range(3)]
    assert ["ready\n"] * 3 == [one.stdout.readline() for one in readers if one.stdout]
    for _ in range(5):
        record = issue(subject="alice")[1]
        store.add(record)
        store.revoke(record.digest)
        for one in readers:
            assert one.stdin is not None
            one.stdin.write(record.digest.hex() + "\n")
            one.stdin.flush()
        # They read as fast as they can while this goes on.
        for _ in range(10):
            store.add(issue(subject="bob")[1])
        assert ["seen\n"] * 3 == [one.stdout.readline() for one in readers if one.stdout]
    assert [0, 0, 0] == [(one.communicate("end\n"), one.returncode)[1] for one in readers]
    store.close()


FORK = """
import os, sys
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

store = SqliteTokenStore(sys.argv[1])
unread = SqliteTokenStore(sys.argv[1])
first, second = issue(subject="alice")[1], issue(subject="alice")[1]
store.add(first)
assert store.find(first.digest) == first
child = os.fork()
if child == 0:
    assert store._reader._connection is None
    assert store.find(first.digest) == first
    store.add(second)
    store.revoke(first.digest)
    store.close()
    os._exit(0)
assert store.find(first.digest)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert store.find(first.digest).revoked_at
assert store.find(second.digest) == second == unread.find(second.digest)
assert store.revoke(second.digest)
store.close()
unread.close()
"""


def test_a_forked_child_opens_its_own_connection(tmp_path: Path) -> None:
    """SQLite must not be carried across a fork; both sides go on and see each other's changes."""
    with python(FORK, tmp_path / "tokens.db", stderr=subprocess.PIPE) as process:
        output, errors = process.communicate()
    assert ("", "", 0) == (output, errors, process.returncode)


def test_a_child_of_a_server_that_does_not_tell_python_keeps_its_parents_connection_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing it would end the parent's locks; using it would corrupt."""
    inherited: list[object] = []
    monkeypatch.setattr(reader, "_inherited", inherited)
    store = SqliteTokenStore(tmp_path / "tokens.db")
    store.find(bytes(32))
    unread = SqliteTokenStore(tmp_path / "tokens.db")
    parents = store._reader._connection
    reader._after_fork_in_child()
    assert [parents] == [one for one in inherited if one is parents]
    assert store.find(bytes(32)) is None
    assert store._reader._connection is not parents
    assert unread.find(bytes(32)) is None
    unread.close()
    assert parents is not None
    parents.close()
    store.close()


class Switching:
    """A connection whose switch to WAL goes as it is told."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)

    def execute(self, statement: str) -> None:
        assert "PRAGMA journal_mode = WAL" == statement
        if self.codes:
            error = sqlite3.OperationalError("as told")
            error.sqlite_errorcode = self.codes.pop(0)
            raise error


def test_who_finds_another_switching_to_wal_waits() -> None:
    """SQLite does not let it wait by itself; any other failure is told at once."""
    switch: Any = writer._switch_to_wal
    busy = Switching(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)
    switch(busy)
    assert [] == busy.codes
    with pytest.raises(sqlite3.OperationalError):
        switch(Switching(sqlite3.SQLITE_IOERR))
