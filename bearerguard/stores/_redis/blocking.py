"""One Redis asked by threads: as many at once as there may be connections, the others wait their turn.

A point read goes over a connection that is kept for reads: redis-py's client and its pool take as long again
as Redis itself. In a cluster it is the client, which knows the nodes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bearerguard.stores._redis.clients import blocking_client
from bearerguard.stores._redis.places import Place
from bearerguard.stores._turns import Turns

OLDEST_SECONDS = 1_800.0  # a connection; firewalls forget quiet ones, and a failover leaves some behind


class Blocking:
    """What the threads of one process share."""

    def __init__(self, place: Place, *, size: int, timeout_seconds: float) -> None:
        # As many for reads, which keep theirs, as for all else.
        self.client = blocking_client(place, connections=2 * size, timeout_seconds=timeout_seconds)
        self._pool = None if place.kind == "cluster" else self.client.connection_pool
        self._read_turns = Turns(size, timeout_seconds)
        self._turns = Turns(size, timeout_seconds)
        self._idle: list[tuple[Any, float]] = []  # and when each was opened
        self._left_at = -math.inf

    def read(self, key: bytes) -> bytes | None:
        """Give the value of a key. Raises what redis-py raises, and NoTurn."""
        self._read_turns.take()
        try:
            value: bytes | None = self.client.get(key) if self._pool is None else self._read(key)
        finally:
            self._read_turns.give_back()
        return value

    def _read(self, key: bytes) -> Any:
        connection, born_at = self._lease()
        try:
            connection.send_command("GET", key)
            value = connection.read_response()
        except BaseException:
            self._discard(connection)  # an answer may be on its way yet, which nobody may take for another's
            raise
        self._idle.append((connection, born_at))
        return value

    def _lease(self) -> tuple[Any, float]:
        now = time.monotonic()
        while self._idle:
            try:
                connection, born_at = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if born_at > max(now - OLDEST_SECONDS, self._left_at):
                return connection, born_at
            self._discard(connection)
        return self._pool.get_connection(), now  # type: ignore[union-attr]

    def _discard(self, connection: Any) -> None:
        connection.disconnect()
        self._pool.release(connection)  # type: ignore[union-attr] # it connects anew when it is needed

    def execute(self, *command: Any) -> Any:
        """Do something that is not a read of a request. Raises what redis-py raises, and NoTurn."""
        with self.turn():
            return self.client.execute_command(*command)

    def pipelined(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Send all of these together and give their answers, failures of single ones among them."""
        if not commands:
            return []
        with self.turn():
            pipeline = self.client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute(raise_on_error=False))

    def values(self, keys: Sequence[bytes]) -> list[Any]:
        """Give the values of these keys, None where there is none, failures of single ones among them."""
        if self._pool is None:  # they are on several nodes
            return self.pipelined([("GET", key) for key in keys])
        return list(self.execute("MGET", *keys)) if keys else []

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a connection, but not for ever."""
        self._turns.take()
        try:
            yield
        finally:
            self._turns.give_back()

    def leave_idle(self) -> None:
        """Ask nobody again over the connections of before: they may lead to who is no primary any more."""
        self._left_at = time.monotonic()
        if self._pool is not None:
            self._pool.disconnect(inuse_connections=False)

    def drop_idle(self) -> None:
        """Let go of the connections for reads that nobody uses at the moment: they may be stale."""
        while self._idle:
            try:
                connection, _ = self._idle.pop()
            except IndexError:
                break
            self._discard(connection)

    def close(self) -> None:
        """Close all connections."""
        self.drop_idle()
        for one in sentinels_of(self._pool):
            one.close()
        if self._pool is None:
            self.client.close()
        else:
            self._pool.disconnect()


def sentinels_of(pool: Any) -> Sequence[Any]:
    """Give the clients that a pool asks where the primary is."""
    manager = getattr(pool, "sentinel_manager", None)
    return () if manager is None else tuple(manager.sentinels)
