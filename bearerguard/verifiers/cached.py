"""Remember what a verifier said, for a while: facts, never decisions."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256

from cachetools import LRUCache

from bearerguard.checks import check_clocks, check_counts, check_seconds
from bearerguard.clients.coalesce import Coalesce
from bearerguard.credentials import Credentials
from bearerguard.errors import InvalidToken, Reason, Unavailable
from bearerguard.flow import Flow
from bearerguard.forks import renew_in_child
from bearerguard.outage import Seldom
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Ask, Verifier
from bearerguard.verifiers._around import Around
from bearerguard.verifiers._feeds import all_of

logger = logging.getLogger("bearerguard")

# Generations are counted per first byte of the digest, so that one token's revocation makes only one
# in 256 of the look-ups under way forget what they find.
GENERATIONS = 256

RECENT_SHARE = 8  # one entry in so many is also among the recent ones

# (fresh until, dead at, facts, fresh until without a feed), all of the clock that nobody turns back.
Entry = tuple[float, float, AccessToken, float]
Known = AccessToken | Reason | None


class Cached(Around):
    """An LRU cache around any verifier.

    Good tokens live for `max_age_seconds`, never past their expiry. Revocations in this process, through
    the verifier's own store, are seen at once, and those of others as soon as the store's feed tells them;
    of a store without one `max_age_seconds` is their delay. While a feed is down, good tokens live for
    `unfed_max_age_seconds`, and when it is back all are asked about anew. Bad ones live for
    `max_negative_age_seconds` in a cache of their own, so that a stranger's random tokens never push out a
    good one. Outages are never cached; `stale_if_error_seconds` lets facts of that much more age serve
    through one.

    Every bound must be more than zero, but for `stale_if_error_seconds`: 0 switches that off.
    """

    cached = True

    def __init__(
        self,
        verifier: Verifier,
        *,
        max_entries: int = 100_000,
        max_age_seconds: float = 60.0,
        max_negative_entries: int = 10_000,
        max_negative_age_seconds: float = 5.0,
        stale_if_error_seconds: float = 0.0,
        unfed_max_age_seconds: float = 5.0,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(verifier)
        check_counts("Cached", "entries", max_entries=max_entries, max_negative_entries=max_negative_entries)
        ages = {"max_age_seconds": max_age_seconds, "max_negative_age_seconds": max_negative_age_seconds}
        check_seconds("Cached", **ages, unfed_max_age_seconds=unfed_max_age_seconds)
        if stale_if_error_seconds != 0:  # which is off
            check_seconds("Cached", stale_if_error_seconds=stale_if_error_seconds)
        check_clocks("Cached", now=now, monotonic=monotonic)
        self._max_age_seconds = max_age_seconds
        self._max_negative_age_seconds = max_negative_age_seconds
        self._stale_if_error_seconds = stale_if_error_seconds
        self._unfed_max_age_seconds = unfed_max_age_seconds
        self._feed = all_of(verifier.feeds())
        self._now, self._monotonic = now, monotonic
        self._good: LRUCache[bytes, Entry] = LRUCache(max_entries)
        # Lately used, readable without the lock, which costs as much as the digest. Started anew when
        # full, well before the LRU could evict any of it: so each use still counts there.
        self._recent: dict[bytes, Entry] = {}
        self._max_recent = max_entries // RECENT_SHARE
        self._bad: LRUCache[bytes, tuple[float, Known]] = LRUCache(max_negative_entries)
        self._lock = threading.Lock()  # for dictionary work only, never held across a call
        renew_in_child(self)
        self._coalesce = Coalesce()
        self._generations = [0] * GENERATIONS
        self._serves_stale, self._seldom = False, Seldom(monotonic)
        verifier.subscribe(self.forget)

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        # Asked before the entry: a feed that is back first has all dropped, and then says that it hears.
        digest, heard_at = sha256(token).digest(), self._feed.heard_at
        entry = self._recent.get(digest) or self._touch(digest)
        if entry is None:
            return self._recall_bad(digest, token)
        now = self._monotonic()
        if now < entry[0] and (now - heard_at < self._unfed_max_age_seconds or now < entry[3]):
            return entry[2]
        try:
            return self._verifier.recall(token)
        except Unavailable as error:
            if not self._stale_if_error_seconds:
                raise
            return self._stale(digest, error)

    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        digest = credentials.digest()
        return (yield from self._coalesce.ask(digest, partial(self._look_up, digest, credentials)))

    def forget(self, digest: bytes | None) -> None:
        """Drop what is known of a token (None: of all), also what a look-up under way may find."""
        with self._lock:
            if digest is None:
                self._good.clear()
                self._recent = {}
                self._bad.clear()
                self._generations = [generation + 1 for generation in self._generations]
            else:
                self._drop(digest)
                self._bad.pop(digest, None)
                self._generations[digest[0]] += 1
        self._coalesce.detach(digest)

    def renew(self) -> None:
        """Start anew after a fork."""
        self._lock = threading.Lock()
        self._coalesce.renew()
        self.forget(None)

    def _touch(self, digest: bytes) -> Entry | None:
        """Find what is known of a good token, and mark it as used."""
        with self._lock:
            if digest not in self._good:  # asked first, since to raise and catch costs more than all of this
                return None
            entry = self._good[digest]
            self._make_recent(digest, entry)
            return entry

    def _make_recent(self, digest: bytes, entry: Entry) -> None:
        if len(self._recent) >= self._max_recent:
            self._recent = {}
        if self._max_recent:
            self._recent[digest] = entry

    def _drop(self, digest: bytes) -> None:
        self._good.pop(digest, None)
        self._recent.pop(digest, None)

    def _recall_bad(self, digest: bytes, token: bytes) -> AccessToken | None | Ask:
        with self._lock:
            entry = self._bad.get(digest)
        if entry is None or self._monotonic() >= entry[0]:
            return self._verifier.recall(token)
        if isinstance(entry[1], Reason):
            raise InvalidToken(entry[1])
        return entry[1]

    def _look_up(self, digest: bytes, credentials: Credentials) -> Flow[AccessToken | None]:
        known = self.recall(credentials.token)  # the leader before us may just have filled it
        if known is not ASK:
            return known
        self._feed.listen()
        generation = self._generations[digest[0]]
        asked_at = self._monotonic()
        try:
            facts = yield from self._verifier.verify(credentials)
        except InvalidToken as error:
            self._keep(digest, generation, asked_at, error.reason)
            raise
        except Unavailable as error:
            return self._stale(digest, error)
        self._keep(digest, generation, asked_at, facts)
        self._serves_stale = False
        return facts

    def _keep(self, digest: bytes, generation: int, asked_at: float, known: Known) -> None:
        left_seconds = math.inf
        if isinstance(known, AccessToken) and known.expires_at is not None:
            left_seconds = known.expires_at - self._now()
        with self._lock:
            if generation != self._generations[digest[0]]:
                self._drop(digest)  # revoked while we were asking: what we heard may be from before
                return
            if isinstance(known, AccessToken) and left_seconds > 0:
                age_seconds = min(self._max_age_seconds, left_seconds)
                if known.max_age_seconds is not None:
                    age_seconds = min(age_seconds, known.max_age_seconds)
                fresh_until = asked_at + age_seconds
                unfed_until = asked_at + min(age_seconds, self._unfed_max_age_seconds)
                entry = (fresh_until, asked_at + left_seconds, known, unfed_until)
                self._good[digest] = entry
                self._make_recent(digest, entry)
                self._bad.pop(digest, None)
            else:
                self._drop(digest)
                self._bad[digest] = (asked_at + self._max_negative_age_seconds, known)

    def _stale(self, digest: bytes, error: Unavailable) -> AccessToken:
        """Serve facts that have outlived their age through an outage, if that was asked for."""
        heard_at = self._feed.heard_at  # before the entry, as above
        with self._lock:
            entry = self._good.get(digest)
        if entry is None:
            raise error
        fresh_until, dead_at, facts, unfed_until = entry
        now = self._monotonic()
        if now - heard_at >= self._unfed_max_age_seconds:
            fresh_until = unfed_until
        if now >= min(fresh_until + self._stale_if_error_seconds, dead_at):
            raise error
        if not self._serves_stale and self._seldom.is_news("stale"):
            self._serves_stale = True  # one line an outage; `on_decision` hears of each
            logger.warning("serving stale facts of %s through an outage: %s", self.name, error.what)
        return replace(facts, stale=True)
