"""Connections to one database: a pool for threads, one for each event loop, and single ones for long work."""

from __future__ import annotations

import asyncio
import math
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bearerguard.errors import ConfigurationError
from bearerguard.forks import renew_in_child
from bearerguard.stores._sql.places import Place
from bearerguard.stores._sql.reading import OLDEST_SECONDS, AsyncReads, Reads
from bearerguard.stores._turns import running_loop

LONG_SECONDS = 3_600.0  # for a statement of the command line, which may look at every token
SQLITE_PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")

# Of the parent, in a forked child, for as long as it lives: to throw such a connection away would take it out
# of the parent's event loop, with which the child shares what the kernel watches.
_of_parents: list[object] = []


class Engines:
    """The engines of one store; a forked child starts with none, and leaves its parent's alone."""

    def __init__(self, place: Place, *, pool_size: int, timeout_seconds: float) -> None:
        self._place = place
        self._pool_size = pool_size
        self._timeout_seconds = timeout_seconds
        self._lock = Lock()
        self._blocking: tuple[sa.Engine, Reads] | None = None
        self._copying: sa.Engine | None = None
        self._awaitable: dict[asyncio.AbstractEventLoop, tuple[AsyncEngine, AsyncReads]] = {}
        renew_in_child(self)

    def renew(self) -> None:
        """Forget all connections: they are the parent's."""
        self._lock = Lock()
        if self._blocking is not None or self._copying is not None or self._awaitable:
            _of_parents.append((self._blocking, self._copying, self._awaitable))
        self._blocking = self._copying = None
        self._awaitable = {}

    def blocking(self) -> tuple[sa.Engine, Reads]:
        """Give the engine for threads, and what reads with it."""
        found = self._blocking
        if found is None:
            with self._lock:
                found = self._blocking
                if found is None:
                    engine = self._engine(self._timeout_seconds, **self._pool())
                    found = self._blocking = (engine, Reads(engine, self._pool_size, self._timeout_seconds))
        return found

    def awaitable(self) -> tuple[AsyncEngine, AsyncReads]:
        """Give the engine of the running event loop, and what reads with it."""
        loop = running_loop("SqlTokenStore")
        found = self._awaitable.get(loop)
        if found is None:
            self._leave_closed_loops()
            engine = self._async_engine()
            found = engine, AsyncReads(engine, self._pool_size, self._timeout_seconds)
            self._awaitable[loop] = found
        return found

    def _leave_closed_loops(self) -> None:
        for closed in [loop for loop in list(self._awaitable) if loop.is_closed()]:
            found = self._awaitable.pop(closed, None)
            if found is not None:  # another thread may have seen it too
                found[1].abandon()

    def for_long_work(self) -> sa.Engine:
        """Give an engine without a pool, for what a person waits for."""
        return self._engine(LONG_SECONDS, poolclass=NullPool)

    def for_copying(self) -> sa.Engine:
        """Give an engine that keeps one connection, for long work that comes in many steps."""
        with self._lock:
            if self._copying is None:
                self._copying = self._engine(LONG_SECONDS, pool_size=1, max_overflow=1)
            return self._copying

    def for_listening(self) -> sa.Engine:
        """Give an engine without a pool, whose every answer is soon."""
        return self._engine(self._timeout_seconds, poolclass=NullPool)

    def leave(self, stale: tuple[sa.Engine, Reads]) -> None:
        """Close connections that the database has left; of many threads that find them so one does it."""
        with self._lock:
            if self._blocking is not stale:
                return
            self._blocking = None
        stale[1].close()
        stale[0].dispose()

    async def aleave(self, stale: tuple[AsyncEngine, AsyncReads]) -> None:
        """Do the same on this event loop."""
        loop = asyncio.get_running_loop()
        if self._awaitable.get(loop) is stale:
            del self._awaitable[loop]
            stale[1].close()
            await stale[0].dispose()

    def close(self) -> None:
        """Close what threads have used; the next use opens another."""
        with self._lock:
            found, self._blocking = self._blocking, None
            copying, self._copying = self._copying, None
        if copying is not None:
            copying.dispose()
        if found is not None:
            engine, reads = found
            reads.close()
            engine.dispose()

    async def aclose(self) -> None:
        """Close what this event loop has used as well."""
        found = self._awaitable.pop(running_loop("SqlTokenStore"), None)
        if found is not None:
            engine, reads = found
            reads.close()
            await engine.dispose()
        self.close()

    def _pool(self) -> dict[str, Any]:
        return {
            "pool_size": 2 * self._pool_size,  # as many for reads, which keep theirs, as for all else
            "max_overflow": 0,
            "pool_timeout": self._timeout_seconds,
            "pool_recycle": OLDEST_SECONDS,
            "pool_use_lifo": True,  # so that those that are not needed get old
            "pool_reset_on_return": None,  # each statement is a transaction of its own
        }

    def _engine(self, limit_seconds: float, **pool: Any) -> sa.Engine:
        arguments = self._timeouts(limit_seconds, reads=True)
        try:
            engine = sa.create_engine(
                self._place.blocking,
                isolation_level="AUTOCOMMIT",
                hide_parameters=True,
                connect_args=arguments,
                **pool,
            )
        except ImportError as error:
            raise _missing() from error
        if self._place.kind == "postgresql":
            from bearerguard.stores._sql.postgresql import connector

            connect = connector(limit_seconds)
            sa.event.listen(engine, "do_connect", lambda _d, _r, given, named: connect(*given, **named))
        if self._place.kind == "sqlite":
            sa.event.listen(engine, "connect", _prepare_sqlite)
        if self._place.kind == "mysql" and limit_seconds > self._timeout_seconds:
            sa.event.listen(engine, "do_connect", self._greet)
        return engine

    def _greet(self, dialect: sa.Dialect, _record: Any, given: Any, named: dict[str, Any]) -> None:
        # PyMySQL waits as long for the greeting as for an answer: whoever does not greet is found out before.
        dialect.connect(*given, **named | self._timeouts(self._timeout_seconds, reads=True)).close()

    def _async_engine(self) -> AsyncEngine:
        arguments = self._timeouts(self._timeout_seconds, reads=False)
        if self._place.kind == "postgresql":
            from bearerguard.stores._sql.postgresql import async_connector

            arguments["async_creator_fn"] = async_connector(self._timeout_seconds)
        try:
            return create_async_engine(
                self._place.awaitable,
                isolation_level="AUTOCOMMIT",
                hide_parameters=True,
                connect_args=arguments,
                **self._pool(),
            )
        except ImportError as error:
            raise _missing() from error

    def _timeouts(self, limit_seconds: float, *, reads: bool) -> dict[str, Any]:
        if self._place.kind == "sqlite":
            return {"timeout": min(limit_seconds, self._timeout_seconds)}
        arguments: dict[str, Any] = {"connect_timeout": math.ceil(self._timeout_seconds)}
        if self._place.kind == "mysql" and reads:
            arguments |= {"read_timeout": limit_seconds, "write_timeout": limit_seconds}
        return arguments


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _missing() -> ConfigurationError:
    return ConfigurationError(
        "this database needs packages that are not installed: pip install 'bearerguard[sql]'"
    )
