"""Who shares connections: the threads of a process, the tasks of an event loop, but no two processes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock

from bearerguard.forks import renew_in_child
from bearerguard.stores._redis.awaiting import Awaitable
from bearerguard.stores._redis.blocking import Blocking
from bearerguard.stores._redis.places import Place
from bearerguard.stores._turns import NoTurn, running_loop

# Of the parent, in a forked child, for as long as it lives: to throw such a connection away would take it out
# of the parent's event loop, with which the child shares what the kernel watches.
_of_parents: list[object] = []


class Connections:
    """The connections of one store; a forked child starts with none, and leaves its parent's alone."""

    def __init__(self, place: Place, *, pool_size: int, timeout_seconds: float) -> None:
        self._place = place
        self._pool_size = pool_size
        self._timeout_seconds = timeout_seconds
        self._lock = Lock()
        self._blocking: Blocking | None = None
        self._awaitable: dict[asyncio.AbstractEventLoop, Awaitable] = {}
        renew_in_child(self)

    def renew(self) -> None:
        """Forget all connections: they are the parent's."""
        self._lock = Lock()
        if self._blocking is not None or self._awaitable:
            _of_parents.append((self._blocking, self._awaitable))
        self._blocking = None
        self._awaitable = {}

    def blocking(self) -> Blocking:
        """Give what threads share. Raises what redis-py raises where it is a cluster."""
        found = self._blocking
        if found is None:
            # A cluster is asked for its layout here; the others do not wait for ever.
            if not self._lock.acquire(timeout=self._timeout_seconds):
                raise NoTurn
            try:
                found = self._blocking
                if found is None:
                    found = self._blocking = Blocking(
                        self._place, size=self._pool_size, timeout_seconds=self._timeout_seconds
                    )
            finally:
                self._lock.release()
        return found

    def awaitable(self) -> Awaitable:
        """Give what the tasks of the running event loop share."""
        loop = running_loop("RedisTokenStore")
        found = self._awaitable.get(loop)
        if found is None:
            for closed in [other for other in self._awaitable if other.is_closed()]:
                self._awaitable.pop(closed, None)
            found = Awaitable(self._place, size=self._pool_size, timeout_seconds=self._timeout_seconds)
            self._awaitable[loop] = found
        return found

    def leave_idle(self) -> None:
        """Have none of the connections used again that there are."""
        if self._blocking is not None:
            self._blocking.leave_idle()
        for loop, found in list(self._awaitable.items()):
            with suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(found.leave_idle)

    def close(self) -> None:
        """Close what threads have used; the next use opens another."""
        with self._lock:
            found, self._blocking = self._blocking, None
        if found is not None:
            found.close()

    async def aclose(self) -> None:
        """Close what this event loop has used as well."""
        found = self._awaitable.pop(running_loop("RedisTokenStore"), None)
        if found is not None:
            await found.aclose()
        self.close()
