"""Keep tokens in PostgreSQL, MySQL, MariaDB or SQLite, shared by the processes of many machines."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from anyio import to_thread

from bearerguard.breaker import Breaker
from bearerguard.checks import check_counts, check_seconds, check_switches
from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenRecord
from bearerguard.stores._rows import restored
from bearerguard.stores.feed import Source

try:
    import sqlalchemy as sa

    from bearerguard.stores._sql.changing import Changing
    from bearerguard.stores._sql.engines import Engines
    from bearerguard.stores._sql.errors import failures, is_permanent, is_stale, translated, unavailable
    from bearerguard.stores._sql.feeding import source_for
    from bearerguard.stores._sql.places import place_of
    from bearerguard.stores._sql.schema import tokens
    from bearerguard.stores._sql.upgrading import check_ready, is_old, upgrade
    from bearerguard.stores._sql.writing import whose
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "SqlTokenStore needs more packages: pip install 'bearerguard[sql]'", name=error.name
    ) from error

logger = logging.getLogger("bearerguard")


class SqlTokenStore(Changing):
    """A token store in a database, given by its URL: `postgresql://user@host/database`, `mysql://...`.

    Of one object each process has up to `pool_size` connections for its threads, and as many for each
    event loop. Nothing waits longer than `timeout_seconds` for a connection, nor for an answer; but a
    thread that connects to PostgreSQL may wait 2 seconds, psycopg's least. With `create` the tables are
    made or brought up to date; a database that does not answer then is an outage like any later one.

    Raises ConfigurationError for what could not work, such as a wrong password, or tables that are missing
    with `create=False`.
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool = True,
        pool_size: int = 5,
        timeout_seconds: float = 2.0,
        feed: bool = True,
        last_used: bool = True,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_counts("SqlTokenStore", "connections", pool_size=pool_size)
        check_seconds("SqlTokenStore", timeout_seconds=timeout_seconds)
        check_switches("SqlTokenStore", create=create, feed=feed, last_used=last_used)
        self._place = place_of(url)
        self._timeout_seconds, self._now, self._monotonic = timeout_seconds, now, monotonic
        self._engines = Engines(self._place, pool_size=pool_size, timeout_seconds=timeout_seconds)
        self._breaker = Breaker(f"the token store, {self._place.name},", monotonic=monotonic)
        self._changes = Breaker(f"changing the token store, {self._place.name},", monotonic=monotonic)
        self._begin(self._place.name, self._source, feed=feed, last_used=last_used, now=now)
        engine = self._engines.for_listening()  # one that hangs must not keep a process from starting
        self._failures = failures(self._place)
        self._prepare(engine, create=create)

    def find(self, digest: bytes) -> TokenRecord | None:
        """Give the record, revoked and expired ones too; None where there is none. Raises Unavailable."""
        with self._breaker.attempt():
            began_at, engine = self._monotonic(), self._engines.blocking()
            try:
                return engine[1].read(digest)
            except self._failures as error:
                if not self._may_retry(error, began_at):
                    raise translated(self._place, error) from error
            with self._translated():
                self._engines.leave(engine)  # when the database has left one connection, it has left all
                return self._engines.blocking()[1].read(digest)

    async def afind(self, digest: bytes) -> TokenRecord | None:
        """Give the same on an event loop."""
        if self._place.kind == "sqlite":  # whose driver nobody can await
            return await to_thread.run_sync(self.find, digest)
        with self._breaker.attempt():
            began_at, engine = self._monotonic(), self._engines.awaitable()
            try:
                return await engine[1].read(digest)
            except self._failures as error:
                if not self._may_retry(error, began_at):
                    raise translated(self._place, error) from error
            with self._translated():
                await self._engines.aleave(engine)
                return await self._engines.awaitable()[1].read(digest)

    def close(self) -> None:
        """Close the connections of threads, and that of the feed; the next use opens others."""
        self._end_threads()
        self._engines.close()

    async def aclose(self) -> None:
        """Close those of this event loop as well."""
        await to_thread.run_sync(self._end_threads)
        await self._engines.aclose()

    def records(self, *, subject: str | None = None, client_id: str | None = None) -> Iterator[TokenRecord]:
        """Give all records of a user, an application or both, the oldest first. Raises Unavailable."""
        query = (
            sa.select(tokens).where(*whose(subject, client_id)).order_by(tokens.c.issued_at, tokens.c.digest)
        )
        with self._transaction() as connection:
            for row in connection.execution_options(yield_per=1_000).execute(query):
                yield restored(tuple(row))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        with self._changes.attempt(), self._translated():  # it may wait for a lock, which no read needs
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise translated(self._place, error) from error

    def _hear(self, digest: bytes | None) -> None:
        if digest is None:  # the feed is back, so the database answers: nobody needs to wait any longer
            self._breaker.end_pause()
            self._changes.end_pause()
        super()._hear(digest)

    def _source(self) -> Source:
        engine = self._engines.for_listening()
        return source_for(self._place.kind)(engine, self._failures, partial(unavailable, self._place))

    def _may_retry(self, error: BaseException, began_at: float) -> bool:
        # At once only: who has waited has had his time.
        return is_stale(error) and self._monotonic() - began_at < self._timeout_seconds / 2

    def _prepare(self, engine: sa.Engine, *, create: bool) -> None:
        try:
            if not create:
                check_ready(engine, self._place)
            elif is_old(engine, self._place):
                upgrade(self._engines.for_long_work(), self._place)
        except self._failures as error:
            outage = unavailable(self._place, error)
            if is_permanent(error):
                raise ConfigurationError(str(outage)) from error
            logger.error("%s; requests that need it get 503 until it answers", outage)
