"""Keep tokens in one SQLite file, shared by the processes of one machine.

Many processes read while one writes, and none waits for another. To put another file in place of one
that is in use, remove its `-wal` and `-shm` too: they belong to the file that went. Not for network
file systems, on which SQLite's locks do not hold.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from bearerguard.checks import check_switches
from bearerguard.errors import ConfigurationError
from bearerguard.flow import inline
from bearerguard.stores import DIGEST_BYTES, PAGE_RECORDS, DuplicateToken, Listener, TokenRecord
from bearerguard.stores._listeners import Listeners
from bearerguard.stores._rows import Row, restored, row_of
from bearerguard.stores._sqlite.errors import unavailable
from bearerguard.stores._sqlite.feeding import FileSource
from bearerguard.stores._sqlite.reader import Reader
from bearerguard.stores._sqlite.state import state_of
from bearerguard.stores._sqlite.writer import prepare, session, transaction
from bearerguard.stores._state import StoreState
from bearerguard.stores.feed import ThreadFeed, close_feed

_COLUMNS = "digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label"
_POINT_READ = f"SELECT {_COLUMNS} FROM tokens WHERE digest = ?"  # noqa: S608 - constants only
_INSERT = f"INSERT INTO tokens ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
# Of two values of which one is NULL, the greater one is NULL: no expiry.
_EXTEND = (
    f"{_INSERT} ON CONFLICT (digest) DO UPDATE SET issued_at = max(issued_at, excluded.issued_at), "
    "expires_at = max(expires_at, excluded.expires_at)"
)
_MERGE = (
    f"{_EXTEND}, revoked_at = "
    "max(ifnull(revoked_at, excluded.revoked_at), ifnull(excluded.revoked_at, revoked_at))"
)
_PAGE = f"SELECT {_COLUMNS} FROM tokens WHERE digest > ? ORDER BY digest LIMIT ?"  # noqa: S608
_REVOKE = "UPDATE tokens SET revoked_at = ? WHERE revoked_at IS NULL AND {}"  # keeps the first instant


class SqliteTokenStore:
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
        now: Callable[[], float] = time.time,
    ) -> None:
        check_switches("SqliteTokenStore", create=create, feed=feed)
        if not isinstance(path, str | os.PathLike) or os.fspath(path) in ("", ":memory:"):
            raise ConfigurationError("SqliteTokenStore needs a file; MemoryTokenStore keeps tokens in memory")
        self._path = Path(path).absolute()  # a later chdir must not name another file
        self._now = now
        self._listeners = Listeners()
        prepare(self._path, create=create)
        self._reader = Reader(self._path)
        source = partial(FileSource, self._path)
        self.feed = ThreadFeed(str(self._path), source, self._listeners.tell) if feed else None

    @inline
    def find(self, digest: bytes) -> TokenRecord | None:
        """Give the record, revoked and expired ones too; None where there is none.

        Raises Unavailable when the file cannot answer.
        """
        row = self._reader.read(_POINT_READ, digest)
        return None if row is None else self._record_of(row)

    def add(self, record: TokenRecord) -> None:
        """Keep a record; it is on disk when this returns. Raises DuplicateToken, Unavailable."""
        with transaction(self._path) as connection:
            try:
                connection.execute(_INSERT, row_of(record))
            except sqlite3.IntegrityError as error:
                raise DuplicateToken(record.digest) from error
        self._listeners.tell(record.digest)

    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did. Raises Unavailable."""
        record = self.find(digest)
        # Without a write where there is nothing to do: strangers' tokens must not cost us one each.
        is_active = record is not None and record.revoked_at is None
        revoked = is_active and self._change(_REVOKE.format("digest = ?"), self._now(), digest) == 1
        self._listeners.tell(digest)
        return revoked

    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there with its digest gets the later `issued_at` and `expires_at`.

        It is on disk when this returns. Raises Unavailable.
        """
        self._change(_EXTEND, *row_of(record))
        self._listeners.tell(record.digest)

    def subscribe(self, listener: Listener) -> None:
        """Call this after every change made through this object."""
        self._listeners.subscribe(listener)

    def close(self) -> None:
        """Close the connection that `find` keeps, and that of the feed; the next use opens others."""
        close_feed(self.feed)
        self._reader.close()

    def add_many(self, records: Iterable[TokenRecord]) -> int:
        """Keep all of these or, when anything at all goes wrong, none.

        The records are taken one by one as they are written. Raises DuplicateToken, right after it
        has taken that record, and Unavailable.
        """
        record: TokenRecord

        def rows() -> Iterator[Row]:
            nonlocal record
            for record in records:  # what was taken last is what an error is about
                yield row_of(record)

        with transaction(self._path) as connection:
            try:
                count = connection.executemany(_INSERT, rows()).rowcount
            except sqlite3.IntegrityError as error:
                raise DuplicateToken(record.digest) from error
        self._listeners.tell(None)
        return max(count, 0)  # -1 says that there was nothing to do

    def records(self, *, subject: str | None = None, client_id: str | None = None) -> Iterator[TokenRecord]:
        """Give all records of a user, an application or both, the oldest first. Raises Unavailable."""
        where, values = _of(subject, client_id)
        query = f"SELECT {_COLUMNS} FROM tokens WHERE {where} ORDER BY issued_at, digest"  # noqa: S608
        with session(self._path) as connection:
            for row in connection.execute(query, values):
                yield self._record_of(row)

    def find_by_id(self, hex_prefix: str) -> list[TokenRecord]:
        """Give the records whose digest begins like this. Raises Unavailable; ValueError if not hex."""
        first, last = (bytes.fromhex(hex_prefix.ljust(2 * DIGEST_BYTES, digit)) for digit in "0f")
        query = f"SELECT {_COLUMNS} FROM tokens WHERE digest BETWEEN ? AND ? ORDER BY digest"  # noqa: S608
        with session(self._path) as connection:
            return [self._record_of(row) for row in connection.execute(query, (first, last))]

    def revoke_all(self, *, subject: str | None = None, client_id: str | None = None) -> int:
        """Revoke every token of a user, an application or both; how many it was. Raises Unavailable."""
        if subject is None and client_id is None:
            raise ConfigurationError("name whose tokens to revoke: subject=, client_id= or both")
        where, values = _of(subject, client_id)
        count = self._change(_REVOKE.format(where), self._now(), *values)
        self._listeners.tell(None)
        return count

    def purge(self, *, before: float) -> int:
        """Forget what expired or was revoked before this instant; how many it was. Raises Unavailable."""
        count = self._change("DELETE FROM tokens WHERE expires_at < ? OR revoked_at < ?", before, before)
        self._listeners.tell(None)
        return count

    def count(self) -> int:
        """Give the number of records; it reads the whole index. Raises Unavailable."""
        with session(self._path) as connection:
            (count,) = connection.execute("SELECT count(*) FROM tokens").fetchone()
        return int(count)

    def pages(self, *, limit: int = PAGE_RECORDS) -> Iterator[list[TokenRecord]]:
        """Give all records, some at a time, by their digests. Raises Unavailable."""
        after = b""
        with session(self._path) as connection:
            while page := connection.execute(_PAGE, (after, limit)).fetchall():
                yield [self._record_of(row) for row in page]
                after = page[-1][0]

    def find_many(self, digests: Iterable[bytes]) -> dict[bytes, TokenRecord]:
        """Give those of these that are there, by their digests. Raises Unavailable."""
        with session(self._path) as connection:
            rows = (connection.execute(_POINT_READ, (digest,)).fetchone() for digest in digests)
            return {row[0]: self._record_of(row) for row in rows if row is not None}

    def merge(self, records: Iterable[TokenRecord]) -> None:
        """Keep all of these; one that is there with its digest gets the later of each of the instants.

        In one transaction. Raises Unavailable.
        """
        with transaction(self._path) as connection:
            connection.executemany(_MERGE, map(row_of, records))
        self._listeners.tell(None)

    def state(self) -> StoreState:
        """Say what it is, and which version it has. Raises Unavailable."""
        return state_of(self._path)

    def _change(self, statement: str, *values: object) -> int:
        with transaction(self._path) as connection:
            return connection.execute(statement, values).rowcount

    def _record_of(self, row: Row) -> TokenRecord:
        try:
            return restored(row)
        except ValueError as error:
            # Somebody else has written here, or a page is broken in a way that SQLite cannot see.
            raise unavailable(self._path, error) from error


def _of(subject: str | None, client_id: str | None) -> tuple[str, list[str]]:
    wanted = {"subject": subject, "client_id": client_id}
    values = {column: value for column, value in wanted.items() if value is not None}
    return " AND ".join(["1", *(f"{column} = ?" for column in values)]), list(values.values())
