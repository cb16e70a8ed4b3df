"""What changes the tokens of a database, and in a table of its own when they were last used.

That table is none of the triggers' business, and a server that may not change tokens may still write there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from anyio import fail_after, to_thread

from bearerguard.errors import ConfigurationError
from bearerguard.stores import DuplicateToken, TokenRecord
from bearerguard.stores._rows import instants_of
from bearerguard.stores._sql.copying import Copyable
from bearerguard.stores._sql.errors import unavailable
from bearerguard.stores._sql.schema import tokens, uses
from bearerguard.stores._sql.writing import (
    change,
    chunks,
    extend,
    insert_all,
    keep_uses,
    revocation,
    row_of,
    whose,
)

PATIENCE = 2  # the wait for a connection and the wait for an answer
T = TypeVar("T")
Work = Callable[[sa.Connection], T]


class Changing(Copyable):
    """The part of a store that writes."""

    _timeout_seconds: float
    _now: Callable[[], float]
    _failures: tuple[type[Exception], ...]

    def add(self, record: TokenRecord) -> None:
        """Keep a record; it is in the database when this returns. Raises DuplicateToken, Unavailable."""
        self._change(record.digest, partial(_add, record))

    async def aadd(self, record: TokenRecord) -> None:
        """Do the same on an event loop."""
        await self._achange(record.digest, partial(_add, record))

    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did. Raises Unavailable."""
        return self._change(digest, self._revocation(digest)) == 1

    async def arevoke(self, digest: bytes) -> bool:
        """Do the same on an event loop."""
        return await self._achange(digest, self._revocation(digest)) == 1

    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there gets the later `issued_at`, `expires_at`. Raises Unavailable."""
        self._change(record.digest, self._extension(record))

    async def aextend(self, record: TokenRecord) -> None:
        """Do the same on an event loop."""
        await self._achange(record.digest, self._extension(record))

    def add_many(self, records: Iterable[TokenRecord]) -> int:
        """Keep all of these or, when anything at all goes wrong, none. Raises DuplicateToken, Unavailable."""
        return self._change_many(lambda connection: insert_all(connection, records))

    def revoke_all(self, *, subject: str | None = None, client_id: str | None = None) -> int:
        """Revoke every token of a user, an application or both; how many it was. Raises Unavailable."""
        if subject is None and client_id is None:
            raise ConfigurationError("name whose tokens to revoke: subject=, client_id= or both")
        statement = revocation(self._now(), *whose(subject, client_id))
        return self._change_many(lambda connection: change(connection, statement))

    def purge(self, *, before: float) -> int:
        """Forget what expired or was revoked before this instant; how many it was. Raises Unavailable."""
        ended = sa.or_(tokens.c.expires_at < before, tokens.c.revoked_at < before)
        count = self._change_many(
            lambda connection: connection.execute(sa.delete(tokens).where(ended)).rowcount
        )
        is_there = sa.exists().where(tokens.c.digest == uses.c.digest)
        with self._alone() as connection:  # and again, where somebody who writes uses is in its way
            change(connection, sa.delete(uses).where(~is_there))
        return count

    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        """Keep when these tokens were last used; of two instants the later one counts. Raises Unavailable.

        Does not: wait for the pause of other questions, nor begin one.
        """
        # On a connection of its own, once in a while: those of requests are theirs.
        engine = self._engines.for_listening().execution_options(isolation_level=self._level())
        statement = keep_uses(self._place.kind)
        try:
            with engine.connect() as connection:
                for chunk in chunks(sorted(instants.items())):  # in one order for all: nobody waits in a ring
                    with connection.begin():
                        rows = [{"digest": digest, "last_used_at": at} for digest, at in chunk]
                        connection.execute(statement, rows)
        except self._failures as error:
            raise unavailable(self._place, error) from error

    def last_uses(self, digests: Iterable[bytes]) -> dict[bytes, float]:
        """Give when these tokens were last used, where that is known. Raises Unavailable."""
        found: dict[bytes, float] = {}
        with self._alone() as connection:
            for chunk in chunks(digests):
                query = sa.select(uses).join(tokens, tokens.c.digest == uses.c.digest)
                rows = connection.execute(query.where(uses.c.digest.in_(chunk)))
                found |= instants_of(map(tuple, rows))
        return found

    def _revocation(self, digest: bytes) -> Work[int]:
        return partial(change, statement=revocation(self._now(), tokens.c.digest == digest))

    def _extension(self, record: TokenRecord) -> Work[int]:
        return partial(change, statement=extend(record, self._place.kind))

    def _change(self, digest: bytes, work: Work[T]) -> T:
        with self._watched(), self._engines.blocking()[0].connect() as connection:
            done = work(connection)
        self._listeners.tell(digest)
        return done

    async def _achange(self, digest: bytes, work: Work[T]) -> T:
        if self._place.kind == "sqlite":  # whose driver nobody can await
            return await to_thread.run_sync(self._change, digest, work)
        with self._watched(), fail_after(PATIENCE * self._timeout_seconds):
            async with self._engines.awaitable()[0].connect() as connection:
                done = await connection.run_sync(work)
        self._listeners.tell(digest)
        return done

    def _change_many(self, work: Work[T]) -> T:
        with self._transaction() as connection:
            done = work(connection)
        self._listeners.tell(None)
        return done

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """Begin one that a person waits for, on a connection of its own."""
        with (
            self._watched(),
            self._engines.for_long_work().connect() as connection,
            connection.execution_options(isolation_level=self._level()).begin(),
        ):
            yield connection


def _add(record: TokenRecord, connection: sa.Connection) -> None:
    try:
        connection.execute(sa.insert(tokens).values(row_of(record)))
    except sa.exc.IntegrityError as error:
        raise DuplicateToken(record.digest) from error
