"""Short connections that change a token file: each is one transaction, on disk when it is over."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bearerguard.errors import ConfigurationError
from bearerguard.stores._sqlite.errors import unavailable
from bearerguard.stores._sqlite.schema import NEWEST_VERSION, open_checked, upgrade

WRITE_TIMEOUT_SECONDS = 5.0  # one writer at a time: the others queue, off the event loop
SWITCH_PAUSE_SECONDS = 0.01
CHECKPOINT_TIMEOUT_MILLISECONDS = 100  # tidying up waits for readers, but not for long
CACHE_KIBIBYTES = 64 * 1024  # random digests touch every page: an import takes twice as long with 2 MB


def prepare(path: Path, *, create: bool) -> None:
    """Make the file ready to be used, with `create` out of nothing.

    Raises ConfigurationError, which names the cure, and Unavailable when there is nothing yet that
    could be served later. A file that is there but cannot be used now is an outage like any other:
    requests say so, until it is over.
    """
    _check_place(path, create=create)
    if create:
        _create_private(path)
    is_new = path.stat().st_size == 0
    try:
        _open(path, initialise=create).close()
    except (sqlite3.Error, OSError) as error:
        if is_new:
            raise unavailable(path, error) from error


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """Change the file in one transaction. Raises Unavailable, and then nothing has changed."""
    with session(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
        # It is done and on disk; what follows only keeps the log short. An empty log also cannot be
        # taken for the log of another file that is put in this one's place.
        with suppress(sqlite3.Error):
            connection.execute(f"PRAGMA busy_timeout = {CHECKPOINT_TIMEOUT_MILLISECONDS}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def session(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold a connection of one's own for a while. Raises Unavailable."""
    try:
        connection = _open(path, initialise=False)
    except (sqlite3.Error, OSError, ConfigurationError) as error:
        raise unavailable(path, error) from error
    try:
        yield connection
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    finally:
        connection.close()  # what was not committed never happened


def _open(path: Path, *, initialise: bool) -> sqlite3.Connection:
    connection, version = open_checked(path, WRITE_TIMEOUT_SECONDS)
    try:
        if version == 0 and not initialise:
            raise ConfigurationError(f"{path} is empty: issue a token first, or restore it from a backup")
        connection.execute("PRAGMA synchronous = FULL")  # done means done, after a power cut too
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        _switch_to_wal(connection)
        if version < NEWEST_VERSION:
            upgrade(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # Of several that make a file at once one switches; SQLite does not let the others wait for that.
    deadline = time.monotonic() + WRITE_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")  # says nothing new to a file that is so already
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= deadline:
                raise
            time.sleep(SWITCH_PAUSE_SECONDS)


def _check_place(path: Path, *, create: bool) -> None:
    if os.path.isdir(path):
        raise ConfigurationError(f"{path} is a folder: name a file for the tokens")
    if not os.path.isdir(path.parent):
        raise ConfigurationError(f"there is no folder {path.parent} for the token store: make it first")
    if os.path.islink(path) and not os.path.exists(path):
        raise ConfigurationError(f"{path} is a link to a file that is not there: name the file itself")
    if not create and not os.path.exists(path):
        raise ConfigurationError(f"no token store at {path}: issue a token first, or name the right file")


def _create_private(path: Path) -> None:
    try:
        # SQLite gives its log the rights of its file. Exclusive, because closing a file that SQLite
        # has open in this process would drop SQLite's locks.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigurationError(f"cannot create {path}: make its folder writable for this user") from error
