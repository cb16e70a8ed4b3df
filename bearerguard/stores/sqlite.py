"""Keep tokens in one SQLite file, shared by the processes of one machine.

Many processes read while one writes, and none waits for another. To put another file in place of one
that is in use, remove its `-wal` and `-shm` too: they belong to the file that went. Not for network
file systems, on which SQLite's locks do not hold.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from anyio import to_thread

from bearerguard.checks import check_switches
from bearerguard.errors import ConfigurationError
from bearerguard.flow import inline
from bearerguard.stores import DuplicateToken, TokenRecord
from bearerguard.stores._awaited import AwaitedByThreads
from bearerguard.stores._rows import restored, row_of
from bearerguard.stores._sqlite.errors import unavailable
from bearerguard.stores._sqlite.feeding import FileSource
from bearerguard.stores._sqlite.listing import EXTEND, INSERT, POINT_READ, REVOKE, Listing
from bearerguard.stores._sqlite.reader import Reader
from bearerguard.stores._sqlite.writer import prepare, transaction


class SqliteTokenStore(Listing, AwaitedByThreads):
    """A token store in a file; with `create=False` the file must be there.

    Every object holds at most one connection, for `find`, which is a point read of some microseconds
    and is called on the event loop. Everything else opens its own, for one transaction.
    What other processes revoke is told to whoever keeps copies, such as `Cached`, unless `feed=False`.

    Raises ConfigurationError when the file cannot be what is meant, naming the cure. A file that
    vanishes, is locked or breaks later is an outage: Unavailable, until it is back.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        create: bool = True,
        feed: bool = True,
        last_used: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        check_switches("SqliteTokenStore", create=create, feed=feed, last_used=last_used)
        if not isinstance(path, str | os.PathLike) or os.fspath(path) in ("", ":memory:"):
            raise ConfigurationError("SqliteTokenStore needs a file; MemoryTokenStore keeps tokens in memory")
        self._path = Path(path).absolute()  # a later chdir must not name another file
        self._now = now
        prepare(self._path, create=create)
        self._reader = Reader(self._path)
        source = partial(FileSource, self._path)
        self._begin(str(self._path), source, feed=feed, last_used=last_used, now=now)

    @inline
    def find(self, digest: bytes) -> TokenRecord | None:
        """Give the record, revoked and expired ones too; None where there is none.

        Raises Unavailable when the file cannot answer.
        """
        rows = self._reader.rows(POINT_READ, (digest,))
        try:  # as _record_of does, whose call would be one percent of this
            return restored(rows[0]) if rows else None
        except ValueError as error:
            raise unavailable(self._path, error) from error

    def add(self, record: TokenRecord) -> None:
        """Keep a record; it is on disk when this returns. Raises DuplicateToken, Unavailable."""
        with transaction(self._path) as connection:
            try:
                connection.execute(INSERT, row_of(record))
            except sqlite3.IntegrityError as error:
                raise DuplicateToken(record.digest) from error
        self._listeners.tell(record.digest)

    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did. Raises Unavailable."""
        record = self.find(digest)
        # Without a write where there is nothing to do: strangers' tokens must not cost us one each.
        is_active = record is not None and record.revoked_at is None
        revoked = is_active and self._change(REVOKE.format("digest = ?"), self._now(), digest) == 1
        self._listeners.tell(digest)
        return revoked

    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there with its digest gets the later `issued_at` and `expires_at`.

        It is on disk when this returns. Raises Unavailable.
        """
        self._change(EXTEND, *row_of(record))
        self._listeners.tell(record.digest)

    def close(self) -> None:
        """Close the connection that `find` keeps, and that of the feed; the next use opens others."""
        self._end_threads()
        self._reader.close()

    async def aclose(self) -> None:
        """Do the same on an event loop."""
        await to_thread.run_sync(self.close)
