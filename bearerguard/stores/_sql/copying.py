"""What people need of a database: records by their IDs, and what copying a whole store takes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy as sa

from bearerguard.stores import DIGEST_BYTES, PAGE_RECORDS, TokenRecord
from bearerguard.stores._rows import restored
from bearerguard.stores._shared import SharedStore
from bearerguard.stores._sql.engines import Engines
from bearerguard.stores._sql.places import Place
from bearerguard.stores._sql.schema import tokens
from bearerguard.stores._sql.state import state_of
from bearerguard.stores._sql.writing import chunks, merge, row_of
from bearerguard.stores._state import StoreState


class Copyable(SharedStore):
    """The part of a store that the command line works with."""

    _place: Place
    _engines: Engines

    @abstractmethod
    def _watched(self) -> AbstractContextManager[None]: ...

    def count(self) -> int:
        """Give the number of records; it reads a whole index. Raises Unavailable."""
        with self._alone() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tokens)) or 0

    def pages(self, *, limit: int = PAGE_RECORDS) -> Iterator[list[TokenRecord]]:
        """Give all records, some at a time, by their digests. Raises Unavailable."""
        query = sa.select(tokens).order_by(tokens.c.digest).limit(limit)
        after = b""
        with self._alone() as connection:
            while page := _records(connection, query.where(tokens.c.digest > after)):
                yield page
                after = page[-1].digest

    def find_by_id(self, hex_prefix: str) -> list[TokenRecord]:
        """Give the records whose digest begins like this. Raises Unavailable; ValueError if not hex."""
        first, last = (bytes.fromhex(hex_prefix.ljust(2 * DIGEST_BYTES, digit)) for digit in "0f")
        query = sa.select(tokens).where(tokens.c.digest.between(first, last))
        with self._alone() as connection:
            return _records(connection, query.order_by(tokens.c.digest))

    def find_many(self, digests: Iterable[bytes]) -> dict[bytes, TokenRecord]:
        """Give those of these that are there, by their digests. Raises Unavailable."""
        found: dict[bytes, TokenRecord] = {}
        with self._alone() as connection:
            for chunk in chunks(digests):
                query = sa.select(tokens).where(tokens.c.digest.in_(chunk))
                found |= {record.digest: record for record in _records(connection, query)}
        return found

    def merge(self, records: Iterable[TokenRecord]) -> None:
        """Keep all of these; one that is there with its digest gets the later of each of the instants.

        A thousand at a time in one transaction. Raises Unavailable.
        """
        statement = merge(self._place.kind)
        with self._alone() as connection:
            connection = connection.execution_options(isolation_level=self._level())
            for chunk in chunks(records):
                # In one order for all: two that merge at once then wait for each other only one way.
                rows = [row_of(record) for record in sorted(chunk, key=lambda record: record.digest)]
                with connection.begin():
                    connection.execute(statement, rows)
        self._listeners.tell(None)

    def state(self) -> StoreState:
        """Say where it is, its version, and what an acknowledged change survives. Raises Unavailable."""
        with self._alone() as connection:
            return state_of(connection, self._place)

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """Connect for statements that are a transaction each."""
        with self._watched(), self._engines.for_copying().connect() as connection:
            yield connection

    def _level(self) -> Any:
        return "SERIALIZABLE" if self._place.kind == "sqlite" else "READ COMMITTED"


def _records(connection: sa.Connection, query: sa.Select[Any]) -> list[TokenRecord]:
    return [restored(tuple(row)) for row in connection.execute(query)]
