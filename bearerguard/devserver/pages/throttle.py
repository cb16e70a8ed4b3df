"""Slow down guessing of passwords: the waits grow, for a user name and for an address."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from cachetools import TTLCache

FREE_ATTEMPTS_OF_NAME = 3  # a person mistypes that often; the one after has to wait
FREE_ATTEMPTS_OF_ADDRESS = 20  # behind one address there may be a whole class
MAX_WAIT_SECONDS = 300.0  # after that guessing is hopeless, and whoever forgot a password is back soon
FORGET_SECONDS = 3_600.0
MAX_COUNTERS = 10_000  # the oldest go first: strangers' made-up names cost memory up to here


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    free_at: float


class Throttle:
    """Counts failed logins; safe to use from several threads."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: TTLCache[Hashable, _Failures] = TTLCache(
            MAX_COUNTERS, FORGET_SECONDS, timer=monotonic
        )
        self._lock = Lock()

    def wait_seconds(self, name: Hashable, address: Hashable) -> float:
        """Begin an attempt: 0.0 where it may be made now, else how long it has to wait.

        The attempt counts as failed until `succeeded` is called, so that many at once are many: also
        while the last free one is being judged, those that come meanwhile have to wait.
        """
        keys = (("name", name), FREE_ATTEMPTS_OF_NAME), (("address", address), FREE_ATTEMPTS_OF_ADDRESS)
        with self._lock:
            now = self._monotonic()
            wait = max(self._free_at(key) for key, _ in keys) - now
            if wait > 0:
                return wait
            for key, free_attempts in keys:
                self._fail(key, free_attempts, now)
        return 0.0

    def succeeded(self, name: Hashable, address: Hashable) -> None:
        """Forget the failures of this name, and for the address this attempt."""
        with self._lock:
            self._failures.pop(("name", name), None)
            before = self._failures.get(("address", address))
            if before is not None:
                self._failures["address", address] = _Failures(before.count - 1, self._monotonic())

    def _free_at(self, key: Hashable) -> float:
        before = self._failures.get(key)
        return 0.0 if before is None else before.free_at

    def _fail(self, key: Hashable, free_attempts: int, now: float) -> None:
        before = self._failures.get(key)
        count = 1 if before is None else before.count + 1
        over = count - free_attempts
        # 1, 2, 4 ... seconds, from the last free one on; a power of a big number would not fit into a float.
        wait = 0.0 if over < 0 else min(2.0 ** min(over, 16), MAX_WAIT_SECONDS)
        self._failures[key] = _Failures(count, now + wait)
