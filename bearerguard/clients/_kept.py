"""Connections that are kept for the next call: the one used last is used first, so that the others age.

The pools of httpcore are not used: a call that is cancelled at the wrong moment takes its place in them
along for good, and they hand a connection on with whatever was left over on it.
"""

from __future__ import annotations

import threading
from typing import Generic, Protocol, TypeVar

from bearerguard.clients._packages import httpcore


class Connection(Protocol):
    """A connection, in either colour."""

    origin: httpcore.Origin
    generation: int

    def is_reusable(self) -> bool:
        """Tell whether it is idle, and nothing is left over on it."""

    def has_expired(self) -> bool:
        """Tell whether it was idle for too long, or its server has closed it."""


C = TypeVar("C", bound=Connection)


class Kept(Generic[C]):
    """Idle connections. It closes none itself, since that differs by colour: who gets one closes it."""

    def __init__(self, max_connections: int) -> None:
        self.generation = 0
        self._max_connections = max_connections
        self._idle: list[C] = []  # the one used last is the last
        self._lock = threading.Lock()

    def take(self, origin: httpcore.Origin) -> C | None:
        """Take the one that was used last; it may have expired."""
        with self._lock:
            for at in reversed(range(len(self._idle))):
                if self._idle[at].origin == origin:
                    return self._idle.pop(at)
        return None

    def keep(self, connection: C) -> bool:
        """Keep a connection, unless it is of no use any more."""
        with self._lock:
            if connection.generation != self.generation or not connection.is_reusable():
                return False
            self._idle.append(connection)
            return True

    def take_surplus(self) -> C | None:
        """Take one that nobody will use."""
        with self._lock:
            if self._idle and (len(self._idle) > self._max_connections or self._idle[0].has_expired()):
                return self._idle.pop(0)
        return None

    def take_all(self) -> list[C]:
        """Take all that are kept; those in use now are not kept any more afterwards."""
        with self._lock:
            self.generation += 1
            taken, self._idle = self._idle, []
            return taken
