"""Keep tokens in Redis or Valkey, one server or many, shared by the processes of many machines."""

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

try:
    from bearerguard.stores._redis.changing import Changing
    from bearerguard.stores._redis.commands import Commands
    from bearerguard.stores._redis.connections import Connections
    from bearerguard.stores._redis.errors import FAILURES, is_permanent, is_stale, unavailable
    from bearerguard.stores._redis.facts import facts_of
    from bearerguard.stores._redis.feeding import Published
    from bearerguard.stores._redis.places import place_of
    from bearerguard.stores._redis.values import record_of
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "RedisTokenStore needs more packages: pip install 'bearerguard[redis]'", name=error.name
    ) from error

logger = logging.getLogger("bearerguard")


class RedisTokenStore(Changing):
    """A token store in Redis, given by its URL: `redis://user:password@host:6379/0`, `rediss://...`, `unix:///...`.

    `redis+sentinel://host,host/service/0` asks sentinels for the primary, `redis+cluster://host,host` is a
    cluster. Every token is one key, `prefix` and the 32 bytes of its digest, and is forgotten by Redis a day
    after it has expired. Of one object each process has up to `2 * pool_size` connections for its threads,
    and as many for each event loop. Nothing waits longer than `timeout_seconds` for one, nor for an answer.
    What other processes revoke is told to whoever keeps copies, such as `Cached`, unless `feed=False`: over
    two connections more, in a cluster two to each primary.

    What an acknowledged change survives is set at the server: `appendonly yes` and `appendfsync always` lose
    nothing, of all else the log warns at the start. A Redis that does not answer then is an outage like any
    later one.

    Raises ConfigurationError for what could not work, such as a wrong password.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "bearerguard:",
        pool_size: int = 5,
        timeout_seconds: float = 2.0,
        feed: bool = True,
        last_used: bool = True,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_counts("RedisTokenStore", "connections", pool_size=pool_size)
        check_seconds("RedisTokenStore", timeout_seconds=timeout_seconds)
        check_switches("RedisTokenStore", feed=feed, last_used=last_used)
        self._commands = Commands(prefix, now)
        self._place = place_of(url)
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        self._connections = Connections(self._place, pool_size=pool_size, timeout_seconds=timeout_seconds)
        self._breaker = Breaker(f"the token store, {self._place.name},", monotonic=monotonic)
        source = partial(Published, self._place, self._commands.channel, timeout_seconds=timeout_seconds)
        self._begin(self._place.name, source, feed=feed, last_used=last_used, now=now)
        self._look_at_the_server()

    def find(self, digest: bytes) -> TokenRecord | None:
        """Give the record, revoked and expired ones too; None where there is none. Raises Unavailable."""
        with self._breaker.attempt():
            value = self._read(self._commands.prefix + digest)
            return None if value is None else record_of(self._place.name, digest, value)

    async def afind(self, digest: bytes) -> TokenRecord | None:
        """Give the same on an event loop."""
        with self._breaker.attempt():
            value = await self._aread(self._commands.prefix + digest)
            return None if value is None else record_of(self._place.name, digest, value)

    def close(self) -> None:
        """Close the connections of threads, and those of the feed; the next use opens others."""
        self._end_threads()
        self._connections.close()

    async def aclose(self) -> None:
        """Close those of this event loop as well."""
        await to_thread.run_sync(self._end_threads)
        await self._connections.aclose()

    def _read(self, key: bytes) -> bytes | None:
        began_at = self._monotonic()
        try:
            return self._connections.blocking().read(key)
        except FAILURES as error:
            if not self._may_retry(error, began_at):
                raise unavailable(self._place.name, error) from error
        with self._translated():
            blocking = self._connections.blocking()
            blocking.drop_idle()  # when the server has left one connection, it has left them all
            return blocking.read(key)

    async def _aread(self, key: bytes) -> bytes | None:
        began_at = self._monotonic()
        awaitable = self._connections.awaitable()
        try:
            return await awaitable.read(key)
        except FAILURES as error:
            if not self._may_retry(error, began_at):
                raise unavailable(self._place.name, error) from error
        with self._translated():
            await awaitable.drop_idle()
            return await awaitable.read(key)

    def _may_retry(self, error: BaseException, began_at: float) -> bool:
        # At once only: who has waited has had his time.
        return is_stale(error) and self._monotonic() - began_at < self._timeout_seconds / 2

    def _hear(self, digest: bytes | None) -> None:
        if digest is None:  # the feed is back, so Redis answers, and it may be another than before
            self._connections.leave_idle()
            self._breaker.end_pause()
        super()._hear(digest)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        with self._breaker.attempt(), self._translated():
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise unavailable(self._place.name, error) from error

    def _look_at_the_server(self) -> None:
        try:
            facts = facts_of(self._connections.blocking().client, self._place)
        except FAILURES as error:
            outage = unavailable(self._place.name, error)
            if is_permanent(error):
                raise ConfigurationError(str(outage)) from error
            logger.error("%s; requests that need it get 503 until it answers", outage)
        else:
            for warning in facts.warnings:
                logger.warning("the token store, %s, %s", self._place.name, warning)
