"""So many questions at once as there may be connections: the others wait their turn, but not for ever."""

from __future__ import annotations

import asyncio
from queue import Empty, SimpleQueue

from bearerguard.errors import ConfigurationError


class NoTurn(TimeoutError):
    """All connections that there may be were in use for the whole wait."""


class Turns:
    """For threads; a queue, since a semaphore of Python costs ten times as much."""

    def __init__(self, size: int, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._free.put(None)

    def take(self) -> None:
        """Wait for one. Raises NoTurn."""
        try:
            self._free.get(timeout=self._timeout_seconds)
        except Empty:
            raise NoTurn from None

    def give_back(self) -> None:
        """Let the next one."""
        self._free.put(None)


class AsyncTurns:
    """For the tasks of one event loop."""

    def __init__(self, size: int, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._free = asyncio.Semaphore(size)

    async def take(self) -> None:
        """Wait for one. Raises NoTurn."""
        if not self._free.locked():
            await self._free.acquire()  # at once: there is nothing to wait for, nor a timer to set
            return
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise NoTurn from None

    def give_back(self) -> None:
        """Let the next one."""
        self._free.release()


def running_loop(store: str) -> asyncio.AbstractEventLoop:
    """Give the event loop of this task. Raises ConfigurationError where it is not one of asyncio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        raise ConfigurationError(
            f"{store} can be awaited on asyncio only: its drivers know no trio"
        ) from error
