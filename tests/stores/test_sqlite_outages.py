"""A store that cannot answer says so: never a pass, never "no such token"."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores import issue
from bearerguard.stores._sqlite import errors, writer
from bearerguard.stores._sqlite.schema import NEWEST_VERSION
from bearerguard.stores.sqlite import SqliteTokenStore

ROOT = Path(__file__).parents[2]
RECORD = issue(subject="alice")[1]
OTHER = issue(subject="bob")[1]
UNKNOWN = bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteTokenStore]:
    store = SqliteTokenStore(path)
    store.add(RECORD)
    yield store
    store.close()


def assert_outage(store: SqliteTokenStore, what: str) -> None:
    """Known and unknown tokens get the same answer, and changes too."""
    for digest in (RECORD.digest, UNKNOWN):
        with pytest.raises(Unavailable, match=what):
            store.find(digest)
    with pytest.raises(Unavailable, match=what):
        store.revoke(RECORD.digest)
    with pytest.raises(Unavailable, match=what):
        store.add(OTHER)


@pytest.mark.parametrize("was_read", [True, False])
def test_a_missing_file_is_an_outage_until_it_is_back(
    store: SqliteTokenStore, path: Path, was_read: bool
) -> None:
    """Also where SQLite still holds the file that nobody can reach any more; none is created."""
    if was_read:
        store.find(RECORD.digest)
    aside = path.with_name("aside.db")
    path.rename(aside)
    assert_outage(store, "tokens.db is missing")
    assert not path.exists()
    aside.rename(path)
    assert RECORD == store.find(RECORD.digest)
    store.add(OTHER)
    assert OTHER == store.find(OTHER.digest)


def test_a_missing_folder_is_an_outage(tmp_path: Path) -> None:
    """A file system that is gone looks like this."""
    folder = tmp_path / "mount"
    folder.mkdir()
    store = SqliteTokenStore(folder / "tokens.db")
    folder.rename(tmp_path / "elsewhere")
    assert_outage(store, "tokens.db is missing")
    folder.write_text("not a folder")
    with pytest.raises(Unavailable, match=r"is missing|cannot be reached"):
        store.find(UNKNOWN)


def test_a_replaced_file_is_opened_anew(store: SqliteTokenStore, path: Path) -> None:
    """Its tokens are good, and those of the file that went are not."""
    assert RECORD == store.find(RECORD.digest)
    with closing(SqliteTokenStore(path.with_name("new.db"))) as new:
        new.add(OTHER)
    os.replace(path.with_name("new.db"), path)
    assert OTHER == store.find(OTHER.digest)
    assert store.find(RECORD.digest) is None


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            f"PRAGMA user_version = {NEWEST_VERSION + 1}",
            "was written by a newer bearerguard: upgrade this one",
        ),
        ("PRAGMA application_id = 7", "belongs to another application"),
        ("DROP TABLE tokens", "does not have the tables it should have: restore it from a backup"),
    ],
)
def test_a_file_that_became_another_is_an_outage(
    store: SqliteTokenStore, path: Path, statement: str, what: str
) -> None:
    """Whoever put it there gets a sentence to go by."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    assert_outage(store, what)


@pytest.mark.parametrize("content", [b"", b"not a database at all\n" * 500])
def test_other_content_is_an_outage(store: SqliteTokenStore, path: Path, content: bytes) -> None:
    """An empty file has no tokens, but "no such token" would be a lie."""
    path.write_bytes(content)
    assert_outage(store, "is empty: |is not a token store")


def test_broken_pages_are_an_outage(path: Path) -> None:
    """Everything behind the first page overwritten; the first has the marks of a token file."""
    store = SqliteTokenStore(path)
    store.add_many(issue(subject="alice")[1] for _ in range(500))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    assert_outage(store, "is corrupt: restore it from a backup")


@contextmanager
def held_exclusively(path: Path) -> Iterator[None]:
    """Another process that has the whole file to itself."""
    script = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA locking_mode = EXCLUSIVE')\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "connection.execute(\"UPDATE tokens SET label = 'mine'\")\n"
        "connection.execute('COMMIT')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
        "connection.close()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"locked\n" == process.stdout.readline()
        yield


def test_a_locked_file_is_an_outage_until_it_is_free(
    store: SqliteTokenStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that starts meanwhile starts, and answers when it can."""
    monkeypatch.setattr(writer, "WRITE_TIMEOUT_SECONDS", 0.01)
    store.close()
    with held_exclusively(path):
        assert_outage(store, "is locked by another process")
        late = SqliteTokenStore(path, create=False)
        assert_outage(late, "is locked by another process")
    for one in (store, late):
        found = one.find(RECORD.digest)
        assert found is not None
        assert "mine" == found.label
        one.close()


def test_a_locked_file_is_waited_for_by_who_writes(
    store: SqliteTokenStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by who reads: another's transaction stops no point read."""
    monkeypatch.setattr(writer, "WRITE_TIMEOUT_SECONDS", 0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert RECORD == store.find(RECORD.digest)
        with pytest.raises(Unavailable, match="is locked by another process"):
            store.add(OTHER)
    store.add(OTHER)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM])
def test_every_failure_has_words(path: Path, code: int) -> None:
    """Also one that nobody thought of."""
    path.touch()
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    expected = {
        sqlite3.SQLITE_PERM: "may not be opened by this process",
        sqlite3.SQLITE_NOMEM: "cannot be used",
    }
    assert f"token store: {path} {expected[code]}" == str(errors.unavailable(path, error))
    assert f"token store: {path} cannot be reached" == str(errors.unavailable(path, PermissionError()))


DISK_FULL = """
import resource, sys
from bearerguard.errors import Unavailable
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

store = SqliteTokenStore(sys.argv[1])
done = []

def add():
    record = issue(subject="alice", label="x" * 500)[1]
    store.add(record)
    done.append(record.digest)

for _ in range(20):
    add()
assert store.find(done[0])
if sys.argv[2] == "limit":
    largest = 16 * 4096
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
refused = 0
for _ in range(2_000):
    try:
        add()
    except Unavailable as error:
        refused += 1
        assert "the disk is full" in str(error), error
        if refused == 5:
            break
assert refused == 5
assert all(store.find(digest) for digest in done)
assert store.find(bytes(32)) is None
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    add()
    assert store.revoke(done[0])
print(*(digest.hex() for digest in done))
"""


def run_until_full(path: Path, how: str) -> list[str]:
    command = [sys.executable, "-c", DISK_FULL, str(path), how]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ("", 0) == (answer.stderr, answer.returncode)
    return answer.stdout.split()


def test_on_a_full_disk_writes_fail_reads_go_on_and_nothing_done_is_lost(path: Path) -> None:
    """A real limit on the size of files, which SQLite meets in the middle of a write."""
    done = run_until_full(path, "limit")
    with closing(SqliteTokenStore(path, create=False)) as store:
        assert set(done) == {record.digest.hex() for record in store.records()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_on_a_small_disk_writes_fail_and_reads_go_on(tmp_path: Path) -> None:
    """The same on a file system that has no more room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", disk], capture_output=True)
    if mounting.returncode != 0:
        pytest.skip("mount is not allowed here")
    try:
        done = run_until_full(disk / "tokens.db", "disk")
        store = SqliteTokenStore(disk / "tokens.db", create=False)
        assert all(store.find(bytes.fromhex(digest)) for digest in done)
        store.close()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_store_that_cannot_even_begin_is_no_store(path: Path) -> None:
    """On a full disk from the first byte on: an outage at once, since nothing could be served later."""
    script = (
        "import resource, sys\n"
        "from bearerguard.errors import Unavailable\n"
        "from bearerguard.stores.sqlite import SqliteTokenStore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    SqliteTokenStore(sys.argv[1])\n"
        "except Unavailable as error:\n"
        "    assert 'the disk is full' in str(error), error\n"
        "else:\n"
        "    raise SystemExit('created')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
    )
    answer = subprocess.run([sys.executable, "-c", script, path], cwd=ROOT, capture_output=True, text=True)
    assert ("", 0) == (answer.stderr, answer.returncode)
    SqliteTokenStore(path).add(RECORD)


READ_ONLY = """
import os, sys
from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore

if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
store = SqliteTokenStore(sys.argv[1], create=False)
assert store.find(bytes.fromhex(sys.argv[2]))
assert store.find(bytes(32)) is None
for change in (lambda: store.add(issue(subject="bob")[1]), lambda: store.revoke(bytes.fromhex(sys.argv[2]))):
    try:
        change()
    except Unavailable as error:
        assert "is read-only for this process" in str(error), error
    else:
        raise SystemExit("written")
try:
    SqliteTokenStore(sys.argv[1] + ".new")
except ConfigurationError as error:
    assert "make its folder writable" in str(error), error
else:
    raise SystemExit("created")
store.close()
if os.getuid() == 0:
    os.seteuid(0)
"""


def test_a_file_that_may_only_be_read_is_read(store: SqliteTokenStore, path: Path) -> None:
    """By a server that runs as another user than the one who issues tokens; changes are an outage."""
    store.find(RECORD.digest)  # keeps the log open, as a running writer would
    for file in path.parent.iterdir():
        file.chmod(0o444)
    folder = path.parent
    modes = {}
    for folder in [path.parent, *path.parents]:
        if folder == Path("/tmp"):
            break
        modes[folder] = folder.stat().st_mode
        folder.chmod(0o555)
    try:
        command = [sys.executable, "-c", READ_ONLY, str(path), RECORD.digest.hex()]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)
    assert ("", 0) == (answer.stderr, answer.returncode)
