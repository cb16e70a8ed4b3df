"""Keep tokens in Redis or Valkey, one server or many, shared by the processes of many machines."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from bearerguard.breaker import Breaker
from bearerguard.checks import check_counts, check_seconds, check_switches
from bearerguard.errors import ConfigurationError
from bearerguard.stores import DIGEST_BYTES, PAGE_RECORDS, DuplicateToken, Listener, TokenRecord
from bearerguard.stores._listeners import Listeners
from bearerguard.stores._redis.commands import Commands
from bearerguard.stores._redis.connections import Connections
from bearerguard.stores._redis.errors import FAILURES, is_permanent, is_stale, unavailable
from bearerguard.stores._redis.facts import facts_of
from bearerguard.stores._redis.feeding import Published
from bearerguard.stores._redis.listing import Listing, in_pages
from bearerguard.stores._redis.places import place_of
from bearerguard.stores._redis.values import record_of
from bearerguard.stores.feed import ThreadFeed, close_feed

logger = logging.getLogger("bearerguard")


class RedisTokenStore(Listing):
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
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        check_counts("RedisTokenStore", "connections", pool_size=pool_size)
        check_seconds("RedisTokenStore", timeout_seconds=timeout_seconds)
        check_switches("RedisTokenStore", feed=feed)
        self._commands = Commands(prefix, now)
        self._place = place_of(url)
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        self._connections = Connections(self._place, pool_size=pool_size, timeout_seconds=timeout_seconds)
        self._breaker = Breaker(f"the token store, {self._place.name},", monotonic=monotonic)
        self._listeners = Listeners()
        source = partial(Published, self._place, self._commands.channel, timeout_seconds=timeout_seconds)
        self.feed = ThreadFeed(self._place.name, source, self._hear) if feed else None
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

    def add(self, record: TokenRecord) -> None:
        """Keep a record. Raises DuplicateToken, Unavailable."""
        with self._watched():
            if self._connections.blocking().execute(*self._commands.addition(record)) is None:
                raise DuplicateToken(record.digest)
        self._listeners.tell(record.digest)

    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did. Raises Unavailable.

        A server that has no memory left for the instant forgets the token instead.
        """
        with self._watched():
            revoked = self._connections.blocking().execute(*self._commands.revocation(digest))
        self._listeners.tell(digest)
        return bool(revoked == 1)

    async def arevoke(self, digest: bytes) -> bool:
        """Do the same on an event loop."""
        with self._watched():
            revoked = await self._connections.awaitable().execute(*self._commands.revocation(digest))
        self._listeners.tell(digest)
        return bool(revoked == 1)

    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there with its digest gets the later `issued_at` and `expires_at`.

        Raises Unavailable.
        """
        with self._watched():
            self._connections.blocking().execute(*self._commands.extension(record, merges=False))
        self._listeners.tell(record.digest)

    def subscribe(self, listener: Listener) -> None:
        """Call this after every change made through this object."""
        self._listeners.subscribe(listener)

    def close(self) -> None:
        """Close the connections of threads, and those of the feed; the next use opens others."""
        close_feed(self.feed)
        self._connections.close()

    async def aclose(self) -> None:
        """Close those of this event loop as well."""
        close_feed(self.feed)
        await self._connections.aclose()

    def add_many(self, records: Iterable[TokenRecord]) -> int:
        """Keep all of these or, when anything at all goes wrong, none. Raises DuplicateToken, Unavailable.

        They are written a thousand at a time, and what was written is taken back when one is there already or
        their source fails: others may see them meanwhile. Does not: take back what it has written when Redis
        goes away in the middle.
        """
        written = bytearray()  # digests: of ten million they are 320 MB
        try:
            for page in in_pages(records, PAGE_RECORDS):
                self._add_page(page, written)
        except BaseException:
            digests = (bytes(written[at : at + DIGEST_BYTES]) for at in range(0, len(written), DIGEST_BYTES))
            self._changed(self._commands.withdrawals(digests))
            raise
        self._listeners.tell(None)
        return len(written) // DIGEST_BYTES

    def _add_page(self, page: list[TokenRecord], written: bytearray) -> None:
        with self._watched():
            answers = self._connections.blocking().pipelined([self._commands.addition(one) for one in page])
            for record, answer in zip(page, answers, strict=True):
                if answer in (True, 1):
                    written += record.digest
            for record, answer in zip(page, answers, strict=True):
                if isinstance(answer, Exception):
                    raise answer
                if answer is None:
                    raise DuplicateToken(record.digest)

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
        if digest is None:  # the feed is back, so Redis answers: nobody needs to wait any longer
            self._breaker.end_pause()
        self._listeners.tell(digest)

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
