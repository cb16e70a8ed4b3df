"""The file of the SQLite store: made, recognised, upgraded, refused."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import issue
from bearerguard.stores._sqlite.schema import APPLICATION_ID, MIGRATIONS, NEWEST_VERSION
from bearerguard.stores.sqlite import SqliteTokenStore

TOKEN, RECORD = issue(subject="alice", client_id="app", scopes=["tag"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.db"


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def make_version_1(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO tokens (digest, subject, scopes, issued_at) VALUES (?, 'alice', '', 1)",
            (RECORD.digest,),
        )


def test_a_new_file_is_private_and_says_what_it_is(path: Path) -> None:
    """For this user only; the log beside it too."""
    store = SqliteTokenStore(path)
    store.find(RECORD.digest)
    files = [path, path.with_name("tokens.db-wal"), path.with_name("tokens.db-shm")]
    assert [0o600, 0o600, 0o600] == [stat.S_IMODE(file.stat().st_mode) for file in files]
    store.close()
    assert APPLICATION_ID == pragma(path, "application_id")
    assert NEWEST_VERSION == pragma(path, "user_version")
    assert "wal" == pragma(path, "journal_mode")


def test_the_file_has_the_digest_and_nothing_of_the_token(path: Path) -> None:
    """Only SHA-256 is stored."""
    SqliteTokenStore(path).add(RECORD)
    content = path.read_bytes()
    assert RECORD.digest in content
    assert TOKEN[3:20].encode() not in content


def test_after_a_write_the_log_is_empty(path: Path) -> None:
    """So that it cannot be taken for the log of a file that is put in this one's place."""
    store = SqliteTokenStore(path)
    store.find(RECORD.digest)
    store.add(RECORD)
    assert 0 == path.with_name("tokens.db-wal").stat().st_size
    store.close()


def test_a_user_is_looked_up_by_an_index(path: Path) -> None:
    """ "Log me out everywhere" does not read a million rows."""
    SqliteTokenStore(path)
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT * FROM tokens WHERE 1 AND subject = ?", ("a",))
        assert "tokens_by_subject" in plan.fetchone()[-1]


@pytest.mark.parametrize(
    ("name", "create", "message"),
    [
        ("tokens.db", False, "no token store at .*tokens.db: issue a token first, or name the right file"),
        ("no/tokens.db", True, "there is no folder .*no for the token store: make it first"),
        ("no/tokens.db", False, "there is no folder .*no for the token store: make it first"),
        ("", True, "is a folder: name a file for the tokens"),
        ("", False, "is a folder: name a file for the tokens"),
        ("x" * 300, True, "cannot create .*: make its folder writable for this user"),
    ],
)
def test_a_place_where_no_store_can_be_is_named_with_the_cure(
    tmp_path: Path, name: str, create: bool, message: str
) -> None:
    """While building, and nothing is left behind."""
    with pytest.raises(ConfigurationError, match=message):
        SqliteTokenStore(tmp_path / name, create=create)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["", ":memory:", None])
def test_a_store_in_memory_is_another_class(path: Any) -> None:
    """A connection of SQLite's own memory would be empty for every write."""
    with pytest.raises(ConfigurationError, match="needs a file; MemoryTokenStore keeps tokens in memory"):
        SqliteTokenStore(path)


def test_a_later_change_of_folder_does_not_change_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path means where the store was built."""
    monkeypatch.chdir(path.parent)
    store = SqliteTokenStore("tokens.db")
    monkeypatch.chdir("/")
    store.add(RECORD)
    assert RECORD == store.find(RECORD.digest)
    store.close()


def test_a_path_may_have_any_characters(tmp_path: Path) -> None:
    """It stands in a URI on its way to SQLite."""
    path = tmp_path / "a b?mode=memory&x#1%41ü.db"
    SqliteTokenStore(path).add(RECORD)
    assert [path.name] == os.listdir(tmp_path)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_file_of_another_application_is_refused_and_not_touched(
    path: Path, journal: str, create: bool
) -> None:
    """Not a byte of it, nor of the log that its killed writer has left."""
    script = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('CREATE TABLE notes (text)')\n"
        "connection.execute('PRAGMA journal_mode = ' + sys.argv[2])\n"
        "connection.execute('INSERT INTO notes VALUES (1)')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, path, journal], check=True)
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(ConfigurationError, match="belongs to another application: name another file"):
        SqliteTokenStore(path, create=create)
    assert before == {file: file.read_bytes() for file in path.parent.iterdir()}


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database_is_refused(path: Path, create: bool) -> None:
    """And stays as it is."""
    path.write_bytes(b"token,user\n" * 1_000)
    with pytest.raises(ConfigurationError, match="is not a token store: name another file"):
        SqliteTokenStore(path, create=create)
    assert b"token,user\n" * 1_000 == path.read_bytes()


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    """We do not know what it means."""
    SqliteTokenStore(path).add(RECORD)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST_VERSION + 1}")
    with pytest.raises(ConfigurationError, match="was written by a newer bearerguard: upgrade this one"):
        SqliteTokenStore(path)


def test_an_empty_file_is_a_store_only_for_who_may_create_one(path: Path) -> None:
    """Without `create` an empty file is a loss, not a beginning."""
    path.touch()
    with pytest.raises(
        ConfigurationError, match="is empty: issue a token first, or restore it from a backup"
    ):
        SqliteTokenStore(path, create=False)
    SqliteTokenStore(path).add(RECORD)
    assert [RECORD] == list(SqliteTokenStore(path, create=False).records())


def test_an_older_file_is_upgraded_with_all_that_is_in_it(path: Path) -> None:
    """The steps that it lacks, in order."""
    make_version_1(path)
    store = SqliteTokenStore(path, create=False)
    assert NEWEST_VERSION == pragma(path, "user_version")
    assert ["alice"] == [record.subject for record in store.records(subject="alice")]


def test_an_older_file_can_be_read_before_somebody_upgrades_it(path: Path) -> None:
    """A server that finds one in its file's place goes on."""
    store = SqliteTokenStore(path)
    other = path.with_name("older.db")
    make_version_1(other)
    os.replace(other, path)
    found = store.find(RECORD.digest)
    assert found is not None
    assert "alice" == found.subject
    assert 1 == pragma(path, "user_version")
    store.close()


@pytest.mark.parametrize("start", ["missing", "version 1"])
def test_of_two_processes_that_make_a_file_ready_both_succeed(path: Path, start: str) -> None:
    """One does it, the other sees that it is done."""
    if start == "version 1":
        make_version_1(path)
    script = (
        "import sys\n"
        "from bearerguard.stores.sqlite import SqliteTokenStore\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "SqliteTokenStore(sys.argv[1]).find(bytes(32))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [0, 0, 0, 0] == [process.returncode for process in processes]
    assert NEWEST_VERSION == pragma(path, "user_version")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("expires_at", "tomorrow"),
        ("expires_at", 9e999),
        ("scopes", 'a"b'),
        ("scopes", b"tag"),
        ("subject", b"alice"),
        ("subject", ""),
        ("client_id", b"app"),
        ("issued_at", "yesterday"),
    ],
)
def test_a_record_that_somebody_has_spoilt_is_an_outage(path: Path, column: str, value: Any) -> None:
    """An expiry that is no number would never come; a scope with a quote could not be written."""
    store = SqliteTokenStore(path)
    store.add(RECORD)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE tokens SET {column} = ?", (value,))  # noqa: S608
    with pytest.raises(Unavailable, match="holds a record that cannot be: restore it from a backup"):
        store.find(RECORD.digest)


@pytest.mark.parametrize("create", ["no", "False", 0, None])
def test_create_is_a_switch(tmp_path: Path, create: Any) -> None:
    """A text of "False" that counted as True would make an empty store of a lost one."""
    with pytest.raises(ConfigurationError) as caught:
        SqliteTokenStore(tmp_path / "tokens.db", create=create)
    assert "SqliteTokenStore(create=...) must be True or False" == str(caught.value)
    assert not (tmp_path / "tokens.db").exists()


@pytest.mark.parametrize("create", [True, False])
def test_a_link_to_nothing_is_a_mistake(tmp_path: Path, create: bool) -> None:
    """Nobody knows where the file was meant to be."""
    link = tmp_path / "tokens.db"
    link.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(ConfigurationError, match="is a link to a file that is not there"):
        SqliteTokenStore(link, create=create)
