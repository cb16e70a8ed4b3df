"""What people need of a token file: records by whose they are or by ID, and what a copy takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bearerguard.errors import ConfigurationError
from bearerguard.stores import DIGEST_BYTES, PAGE_RECORDS, DuplicateToken, TokenRecord
from bearerguard.stores._rows import Row, instants_of, restored, row_of
from bearerguard.stores._shared import SharedStore
from bearerguard.stores._sqlite.errors import unavailable
from bearerguard.stores._sqlite.reader import apart_from_forks
from bearerguard.stores._sqlite.schema import USES
from bearerguard.stores._sqlite.state import state_of
from bearerguard.stores._sqlite.writer import session, transaction
from bearerguard.stores._state import StoreState

_COLUMNS = "digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label"
POINT_READ = f"SELECT {_COLUMNS} FROM tokens WHERE digest = ?"  # noqa: S608 - constants only
INSERT = f"INSERT INTO tokens ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
# Of two values of which one is NULL, the greater one is NULL: no expiry.
EXTEND = (
    f"{INSERT} ON CONFLICT (digest) DO UPDATE SET issued_at = max(issued_at, excluded.issued_at), "
    "expires_at = max(expires_at, excluded.expires_at)"
)
_MERGE = (
    f"{EXTEND}, revoked_at = "
    "max(ifnull(revoked_at, excluded.revoked_at), ifnull(excluded.revoked_at, revoked_at))"
)
_PAGE = f"SELECT {_COLUMNS} FROM tokens WHERE digest > ? ORDER BY digest LIMIT ?"  # noqa: S608
REVOKE = "UPDATE tokens SET revoked_at = ? WHERE revoked_at IS NULL AND {}"  # keeps the first instant
_KEEP_USE = (
    f"INSERT INTO {USES} (digest, last_used_at) VALUES (?, ?) "  # noqa: S608
    "ON CONFLICT (digest) DO UPDATE SET last_used_at = max(last_used_at, excluded.last_used_at)"
)
_LAST_USE = f"SELECT digest, last_used_at FROM {USES} JOIN tokens USING (digest) WHERE digest = ?"  # noqa: S608
_FORGET_USES = f"DELETE FROM {USES} WHERE digest NOT IN (SELECT digest FROM tokens)"  # noqa: S608


class Listing(SharedStore):
    """The part of a store that people and copies work with."""

    _path: Path
    _now: Callable[[], float]

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
                count = connection.executemany(INSERT, rows()).rowcount
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
        count = self._change(REVOKE.format(where), self._now(), *values)
        self._listeners.tell(None)
        return count

    def purge(self, *, before: float) -> int:
        """Forget what expired or was revoked before this instant; how many it was. Raises Unavailable."""
        ended = "expires_at < ? OR revoked_at < ?"
        with transaction(self._path) as connection:
            count = connection.execute(f"DELETE FROM tokens WHERE {ended}", (before, before)).rowcount  # noqa: S608
            connection.execute(_FORGET_USES)
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
            rows = (connection.execute(POINT_READ, (digest,)).fetchone() for digest in digests)
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

    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        """Keep when these tokens were last used; of two instants the later one counts. Raises Unavailable."""
        with apart_from_forks(), transaction(self._path) as connection:
            connection.executemany(_KEEP_USE, instants.items())

    def last_uses(self, digests: Iterable[bytes]) -> dict[bytes, float]:
        """Give when these tokens were last used, where that is known. Raises Unavailable."""
        with session(self._path) as connection:
            found = (connection.execute(_LAST_USE, (digest,)).fetchone() for digest in digests)
            return instants_of(row for row in found if row is not None)

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
