"""One Redis asked by one event loop: the same as for threads, but that a wait is limited as a whole."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bearerguard.stores._redis.blocking import OLDEST_SECONDS, sentinels_of
from bearerguard.stores._redis.clients import async_client
from bearerguard.stores._redis.places import Place
from bearerguard.stores._turns import AsyncTurns


class Awaitable:
    """What the tasks of one event loop share."""

    def __init__(self, place: Place, *, size: int, timeout_seconds: float) -> None:
        self.client = async_client(place, connections=2 * size, timeout_seconds=timeout_seconds)
        self._pool = None if place.kind == "cluster" else self.client.connection_pool
        self._timeout_seconds = timeout_seconds
        self._read_turns = AsyncTurns(size, timeout_seconds)
        self._turns = AsyncTurns(size, timeout_seconds)
        self._idle: list[tuple[Any, float]] = []  # and when each was opened
        self._left_at = -math.inf
        self._leaving: asyncio.Future[None] | None = None

    async def read(self, key: bytes) -> bytes | None:
        """Give the value of a key. Raises what redis-py raises, TimeoutError and NoTurn."""
        await self._read_turns.take()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                value: bytes | None = await (self.client.get(key) if self._pool is None else self._read(key))
        finally:
            self._read_turns.give_back()
        return value

    async def _read(self, key: bytes) -> Any:
        connection, born_at = await self._lease()
        try:
            await connection.send_command("GET", key)
            value = await connection.read_response()
        except BaseException:
            await self._discard(connection)
            raise
        self._idle.append((connection, born_at))
        return value

    async def _lease(self) -> tuple[Any, float]:
        now = time.monotonic()
        while self._idle:
            connection, born_at = self._idle.pop()
            if born_at > max(now - OLDEST_SECONDS, self._left_at):
                return connection, born_at
            await self._discard(connection)
        return await self._pool.get_connection(), now  # type: ignore[union-attr]

    async def _discard(self, connection: Any) -> None:
        await connection.disconnect(nowait=True)  # the request may be gone, or the time up
        await self._pool.release(connection)  # type: ignore[union-attr]

    async def execute(self, *command: Any) -> Any:
        """Do something that is not a read of a request. Raises what `read` raises."""
        async with self._turn(), asyncio.timeout(self._timeout_seconds):
            return await self.client.execute_command(*command)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        await self._turns.take()
        try:
            yield
        finally:
            self._turns.give_back()

    def leave_idle(self) -> None:
        """Ask nobody again over the connections of before: they may lead to who is no primary any more."""
        self._left_at = time.monotonic()
        if self._pool is not None:
            self._leaving = asyncio.ensure_future(self._pool.disconnect(inuse_connections=False))

    async def drop_idle(self) -> None:
        """Let go of the connections for reads that nobody uses at the moment: they may be stale."""
        while self._idle:
            await self._discard(self._idle.pop()[0])

    async def aclose(self) -> None:
        """Close all connections."""
        await self.drop_idle()
        for one in sentinels_of(self._pool):
            await one.aclose()
        if self._pool is not None:
            await self._pool.disconnect()
            return
        await self.client.aclose()
        for nodes in ("nodes_cache", "startup_nodes"):  # after a failure it leaves them open
            await self.client.nodes_manager.aclose(nodes)
