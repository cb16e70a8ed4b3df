"""The point read of a request, on the driver itself, over a connection that is kept for reads.

SQLAlchemy writes the text of the statement once and makes the connections. To go through it for each read
would take as long again as the database does, and through its pool half as long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from socket import SHUT_RDWR
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection

from bearerguard.stores import TokenRecord
from bearerguard.stores._rows import ForeignRow, restored
from bearerguard.stores._sql.schema import point_read
from bearerguard.stores._turns import AsyncTurns, Turns

OLDEST_SECONDS = 1_800.0  # a connection; firewalls forget quiet ones, and a failover leaves some behind


class Statement:
    """The text of the point read in one dialect, and what goes with it."""

    def __init__(self, dialect: sa.Dialect) -> None:
        compiled = point_read.compile(dialect=dialect)
        self.text = str(compiled)
        self._is_positional = compiled.positional

    def parameters(self, digest: bytes) -> Any:
        return (digest,) if self._is_positional else {"digest": digest}


class Reads:
    """Point reads from any thread: as many at once as there may be connections, the others queue."""

    def __init__(self, engine: sa.Engine, size: int, timeout_seconds: float) -> None:
        self._engine = engine
        self._statement = Statement(engine.dialect)
        self._turns = Turns(size, timeout_seconds)
        self._idle: list[tuple[PoolProxiedConnection, float]] = []

    def read(self, digest: bytes) -> TokenRecord | None:
        """Give the record. Raises what the driver raises, NoTurn and ForeignRow."""
        self._turns.take()
        try:
            connection, until = self._lease()
            try:
                cursor = connection.cursor()
                cursor.execute(self._statement.text, self._statement.parameters(digest))
                row = cursor.fetchone()
                cursor.close()
            except BaseException:
                connection.invalidate()  # an answer may be on its way yet, and nobody may take it for his
                raise
            self._idle.append((connection, until))
        finally:
            self._turns.give_back()
        return None if row is None else _record_of(row)

    def _lease(self) -> tuple[PoolProxiedConnection, float]:
        now = time.monotonic()
        while self._idle:
            try:
                connection, until = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if now < until:
                return connection, until
            connection.invalidate()
        return self._engine.raw_connection(), now + OLDEST_SECONDS

    def close(self) -> None:
        """Let go of the connections that nobody uses at the moment."""
        while self._idle:
            self._idle.pop()[0].invalidate()


class AsyncReads:
    """Point reads on one event loop."""

    def __init__(self, engine: AsyncEngine, size: int, timeout_seconds: float) -> None:
        self._engine = engine
        self._statement = Statement(engine.dialect)
        self._timeout_seconds = timeout_seconds
        self._turns = AsyncTurns(size, timeout_seconds)
        self._idle: list[tuple[PoolProxiedConnection, Any, float]] = []
        self._drivers: WeakSet[Any] = WeakSet()  # also of what does not read
        sa.event.listen(engine.sync_engine, "connect", self._remember)

    async def read(self, digest: bytes) -> TokenRecord | None:
        """Give the record. Raises what the driver raises, TimeoutError, NoTurn and ForeignRow."""
        async with self._turn(), asyncio.timeout(self._timeout_seconds):
            connection, driver, until = await self._lease()
            try:
                async with driver.cursor() as cursor:
                    await cursor.execute(self._statement.text, self._statement.parameters(digest))
                    row = await cursor.fetchone()
            except BaseException:
                _discard(connection, driver)
                raise
            self._idle.append((connection, driver, until))
        return None if row is None else _record_of(row)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        await self._turns.take()
        try:
            yield
        finally:
            self._turns.give_back()

    async def _lease(self) -> tuple[PoolProxiedConnection, Any, float]:
        now = time.monotonic()
        while self._idle:
            connection, driver, until = self._idle.pop()
            if now < until:
                return connection, driver, until
            _discard(connection, driver)
        connection = await self._engine.raw_connection()
        return connection, connection.driver_connection, now + OLDEST_SECONDS

    def close(self) -> None:
        """Let go of the connections that nobody uses at the moment."""
        while self._idle:
            connection, driver, _ = self._idle.pop()
            _discard(connection, driver)

    def abandon(self) -> None:
        """Close every connection of this event loop, which is closed itself."""
        self.close()
        for driver in list(self._drivers):
            _abort(driver)

    def _remember(self, connection: Any, _record: Any) -> None:
        self._drivers.add(connection.driver_connection)


def _discard(connection: PoolProxiedConnection, driver: Any) -> None:
    # At once: SQLAlchemy would wait for it, and the request may be gone, or the time up.
    connection.detach()
    _abort(driver)


def _abort(driver: Any) -> None:
    """Close a connection of an awaitable driver without a word to the server."""
    if hasattr(driver, "pgconn"):
        driver.pgconn.finish()
        return
    transport: Any = getattr(driver, "_transport", None)
    try:
        driver.close()
    except RuntimeError:  # its event loop is closed: the socket goes with the last reference
        with suppress(AttributeError, OSError):
            transport.get_extra_info("socket").shutdown(SHUT_RDWR)


def _record_of(row: Any) -> TokenRecord:
    digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label = row
    if isinstance(scopes, bytes):  # MySQL
        subject, client_id, scopes, label = map(_text_of, (subject, client_id, scopes, label))
    return restored((bytes(digest), subject, client_id, scopes, issued_at, expires_at, revoked_at, label))


def _text_of(value: bytes | None) -> Any:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError as error:
        raise ForeignRow("a text that was not written by this store") from error
