"""One connection for all point reads of a process: opened late, closed before a fork."""

from __future__ import annotations

import os
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakSet

from bearerguard.errors import ConfigurationError
from bearerguard.stores._sqlite.errors import unavailable
from bearerguard.stores._sqlite.schema import open_checked

# A point read runs on the event loop. Readers of a WAL file wait for nobody but for somebody who has
# locked the whole file, who will not be done in a moment; a longer wait would stop every other request.
READ_TIMEOUT_SECONDS = 0.005
# Whoever closes a file last has it alone for a moment, to put its log away: opening waits that long,
# but only once, since in an outage every request opens.
OPEN_TIMEOUT_SECONDS = 0.1


class Reader:
    """Point reads on one file, from any thread.

    The file is looked at on every read: with it gone SQLite would go on answering from a file that
    nobody can reach any more, and never see a revocation again.
    """

    def __init__(self, path: Path, *, timeout_seconds: float = READ_TIMEOUT_SECONDS) -> None:
        self._path = path
        self._name = str(path)
        self._timeout_seconds = timeout_seconds
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self.file: tuple[int, ...] = ()  # its number, and that of its device
        self._is_down = False
        _readers.add(self)

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Give all rows, of few. Raises Unavailable."""
        with self._lock:
            try:
                found = os.stat(self._name)
                connection = self._connection
                # While a file is open, its number cannot be given to another.
                if connection is None or self.file != found[1:3]:
                    connection = self._open(found)
                return connection.execute(query, values).fetchall()
            except FileNotFoundError as error:
                # Not closed: the same file may come back.
                raise unavailable(self._path, error) from error
            except (sqlite3.Error, OSError, ConfigurationError) as error:
                self._close()
                self._is_down = True
                raise unavailable(self._path, error) from error

    def __del__(self) -> None:
        self._close()

    def close(self) -> None:
        """Close the connection; the next read opens another."""
        with self._lock:
            self._close()

    def _open(self, found: os.stat_result) -> sqlite3.Connection:
        self._close()
        patience = self._timeout_seconds if self._is_down else OPEN_TIMEOUT_SECONDS
        connection, version = open_checked(self._path, patience)
        if version == 0:
            # Somebody's new, empty file: "no such token" would be a lie.
            connection.close()
            raise ConfigurationError(f"{self._path} is empty: restore it from a backup")
        connection.execute("PRAGMA query_only = 1")
        connection.execute(f"PRAGMA busy_timeout = {self._timeout_seconds * 1_000:.0f}")
        self._connection, self._is_down = connection, False
        self.file = found[1:3]
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


# SQLite must not be carried across a fork: the child would believe in locks that only its parent holds.
_readers: WeakSet[Reader] = WeakSet()
_fork_lock = Lock()  # of several threads that fork, one after the other
_write_lock = Lock()
_forking: list[Reader] = []
_inherited: list[sqlite3.Connection] = []


def apart_from_forks() -> AbstractContextManager[object]:
    """Have forks wait meanwhile: for a write on a thread of our own, of which whoever forks knows nothing."""
    return _write_lock


def _before_fork() -> None:
    _fork_lock.acquire()
    _write_lock.acquire()  # before those of reads, which must not wait for that write too
    _forking.extend(_readers)
    for reader in _forking:
        reader._lock.acquire()
        reader._close()


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop()._lock.release()
    _write_lock.release()
    _fork_lock.release()


def _after_fork_in_child() -> None:
    global _fork_lock, _write_lock
    _fork_lock, _write_lock = Lock(), Lock()
    _forking.clear()
    for reader in _readers:
        reader._lock = Lock()
        if reader._connection is not None:  # a server that forks without telling Python first
            _inherited.append(reader._connection)  # kept, since closing it would end the parent's locks
            reader._connection = None


if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows, where nothing forks
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
