"""What a token file looks like inside, how to recognise one, and how an old one becomes a new one.

Measured with a million tokens (random digests, users and applications of 12 characters):

    table without rowid, index on subject              161 bytes a token, point read 8.4 us
    the same and an index on client_id                 214 bytes, 8.4 us
    table with rowid, indexes on digest and both       188 bytes, 9.9 us

Finding an application's tokens, or those to purge, reads the whole table: 0.1 s for a million, and
rare. Finding a user's is "log me out everywhere" and has its index.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bearerguard.errors import ConfigurationError
from bearerguard.stores._row_triggers import (
    CHANGES,
    COUNTER,
    SQLITE_NAMES,
    for_sqlite,
    number_after_repair,
    sqlite_triggers,
)

APPLICATION_ID = 0x62677264  # "bgrd"; what `file` and we know a token file by

USES = "uses"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE tokens (
            digest BLOB NOT NULL PRIMARY KEY,
            subject TEXT,
            client_id TEXT,
            scopes TEXT NOT NULL,
            issued_at REAL NOT NULL,
            expires_at REAL,
            revoked_at REAL,
            label TEXT
        ) WITHOUT ROWID
        """,
    ),
    ("CREATE INDEX tokens_by_subject ON tokens (subject) WHERE subject IS NOT NULL",),
    (
        f"CREATE TABLE {COUNTER} (number INTEGER NOT NULL)",
        f"INSERT INTO {COUNTER} (number) VALUES (0)",  # noqa: S608 - constants only
        f"CREATE TABLE {CHANGES} (number INTEGER NOT NULL PRIMARY KEY, digest BLOB NOT NULL)",
        *for_sqlite("tokens"),
        # Apart from the tokens: a use changes nothing that anybody would have to be told.
        f"CREATE TABLE {USES} (digest BLOB NOT NULL PRIMARY KEY, last_used_at REAL NOT NULL) WITHOUT ROWID",
    ),
)
"""Step n makes version n of version n - 1. The point read must work on every version from 1 on: a
server may read while the file still waits for somebody who is allowed to upgrade it."""

NEWEST_VERSION = len(MIGRATIONS)


def connect(path: Path, timeout_seconds: float, *, options: str = "mode=rw") -> sqlite3.Connection:
    """Connect to a file that exists; SQLite falls back to reading where we may not write."""
    return sqlite3.connect(
        f"{path.as_uri()}?{options}",
        uri=True,
        timeout=timeout_seconds,
        isolation_level=None,
        check_same_thread=False,
    )


def open_checked(path: Path, timeout_seconds: float) -> tuple[sqlite3.Connection, int]:
    """Connect to a token file; the connection and its version, 0 for an empty file.

    Raises ConfigurationError when it is no token file, or one of a newer bearerguard.
    """
    _refuse_foreign(path)
    connection = connect(path, timeout_seconds)
    try:
        connection.execute("BEGIN")  # one look: another process may just be making the file
        version = version_of(connection, path)
        connection.execute("COMMIT")
        return connection, version
    except BaseException:
        connection.close()
        raise


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Read the version of a token file, 0 for an empty one. Raises ConfigurationError."""
    application_id = _number(connection, "PRAGMA application_id")
    version = _number(connection, "PRAGMA user_version")
    is_empty = application_id == version == 0 == _number(connection, "SELECT count(*) FROM sqlite_master")
    if application_id != APPLICATION_ID and not is_empty:
        raise ConfigurationError(f"{path} belongs to another application: name another file for the tokens")
    if version > NEWEST_VERSION:
        raise ConfigurationError(f"{path} was written by a newer bearerguard: upgrade this one")
    return version


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file to the newest version; of several who try at once, one does it."""
    connection.execute("BEGIN IMMEDIATE")
    version = version_of(connection, path)  # another process may have been quicker
    for statement in (statement for step in MIGRATIONS[version:] for statement in step):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {NEWEST_VERSION}")
    connection.execute("COMMIT")


def repair(connection: sqlite3.Connection) -> None:
    """Make again what tells of changes, where somebody has taken it away; a whole file is only read."""
    if _number_after_repair(connection) is None and is_telling(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    number = _number_after_repair(connection)
    if number is not None:
        connection.execute(f"DELETE FROM {COUNTER}")  # noqa: S608 - a constant
        connection.execute(f"INSERT INTO {COUNTER} (number) VALUES (?)", (number,))  # noqa: S608
    if not is_telling(connection):
        for statement in for_sqlite("tokens"):
            connection.execute(statement)
        connection.execute(f"UPDATE {COUNTER} SET number = number + 1")  # noqa: S608 - a gap
    connection.execute("COMMIT")


def is_telling(connection: sqlite3.Connection) -> bool:
    """Tell whether the triggers are there."""
    return {name for (name,) in connection.execute(sqlite_triggers("tokens"))} >= SQLITE_NAMES


def _number_after_repair(connection: sqlite3.Connection) -> int | None:
    numbers = [number for (number,) in connection.execute(f"SELECT number FROM {COUNTER}")]  # noqa: S608
    last_change = _number(connection, f"SELECT coalesce(max(number), 0) FROM {CHANGES}")  # noqa: S608
    return number_after_repair(numbers, last_change)


def _refuse_foreign(path: Path) -> None:
    # Even opening and closing a file of another application can write to it, when its last writer
    # was killed. "immutable" reads it without a lock, a log or a repair.
    inspection = connect(path, 0, options="mode=ro&immutable=1")
    try:
        version_of(inspection, path)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise ConfigurationError(f"{path} is not a token store: name another file") from error
        # Without its log a file may look broken in the middle of a checkpoint. Opening it will tell.
    finally:
        inspection.close()


def _number(connection: sqlite3.Connection, query: str) -> int:
    (number,) = connection.execute(query).fetchone()
    return int(number)
