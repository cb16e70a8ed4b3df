"""Leave something alone that keeps failing, for a growing while (a circuit breaker).

closed     everybody may ask; FAILURES in a row open it
open       nobody may ask, until the pause is over
half-open  one probe may ask: its success closes, its failure doubles the pause
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from weakref import ReferenceType, ref

from bearerguard.errors import DEFAULT_RETRY_AFTER_SECONDS, Refusal, Unavailable
from bearerguard.forks import renew_in_child

logger = logging.getLogger("bearerguard")

FAILURES = 5  # fewer would open it for a server that restarts; more keep requests waiting for nothing
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0  # whoever repaired it should not wait long for us to notice


class Unreachable(Unavailable):
    """A failure that says something about everybody's questions, not about one; it counts."""


class Inconclusive(Unavailable):
    """A failure that says nothing of whether it can be reached: it neither counts nor breaks the row."""


class Breaker:
    """Whether one thing that may be down is worth asking at the moment."""

    def __init__(self, what: str, *, monotonic: Callable[[], float]) -> None:
        self._what = what
        self._reason = f"{what} has failed several times in a row and is left alone for a while"
        self._monotonic = monotonic
        self._failures = 0
        self._pause_seconds = 0.0
        self._reopens_at: float | None = None  # None: closed
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork: the probe, if there was one, is the parent's."""
        # Of one thread twice: the garbage collector may end somebody's attempt while this one holds it.
        self._lock = threading.RLock()
        # Weak: one that was cut off where its end is not called lets others ask, too.
        self._probe: ReferenceType[_Attempt] | None = None

    def check(self) -> None:
        """Raise Unavailable while it is left alone."""
        if self._reopens_at is not None:
            self._refuse_unless_due()  # without the lock: whoever comes through here asks again under it

    def end_pause(self) -> None:
        """Let the next question through as a probe: there is reason to believe that it is answered again."""
        with self._lock:
            if self._reopens_at is not None:
                self._reopens_at = self._monotonic()

    def attempt(self) -> AbstractContextManager[None]:
        """Count what comes of one question; a Refusal or an Unavailable of another kind is an answer too.

        Raises Unavailable, on entering, while it is left alone.
        """
        return _Attempt(self)

    def _begin(self, attempt: _Attempt) -> None:
        with self._lock:
            self._refuse_unless_due()
            if self._reopens_at is not None:
                self._probe = ref(attempt)

    def _end(self, attempt: _Attempt, error: BaseException | None) -> None:
        match error:
            case None:
                self._succeed()
            case Unreachable():
                self._fail(attempt)
            case Inconclusive():
                self._release(attempt)
            case Refusal() | Unavailable():
                self._succeed()
            case _:  # gone away without an answer: somebody else may probe
                self._release(attempt)

    def _refuse_unless_due(self) -> None:
        reopens_at = self._reopens_at
        if reopens_at is None:
            return
        left_seconds = reopens_at - self._monotonic()
        if left_seconds > 0 or self._probing() is not None:
            raise Unavailable(self._reason, max(left_seconds, DEFAULT_RETRY_AFTER_SECONDS))

    def _succeed(self) -> None:
        if self._failures:
            with self._lock:
                self._failures = 0
                self._pause_seconds = 0.0
                self._reopens_at = self._probe = None

    def _fail(self, attempt: _Attempt) -> None:
        with self._lock:
            self._failures += 1
            is_probe = self._probing() is attempt
            opens = self._reopens_at is None and self._failures >= FAILURES
            if not is_probe and not opens:
                return  # one that was asked before it was left alone adds nothing
            doubled = max(FIRST_PAUSE_SECONDS, 2 * self._pause_seconds)
            self._pause_seconds = min(doubled, LONGEST_PAUSE_SECONDS)
            self._reopens_at = self._monotonic() + self._pause_seconds
            self._probe = None
        if opens:
            logger.error(
                "%s has failed %d times in a row: it is left alone for %g to %g seconds at a time, "
                "and requests that need it get 503 at once",
                self._what,
                FAILURES,
                FIRST_PAUSE_SECONDS,
                LONGEST_PAUSE_SECONDS,
            )

    def _release(self, attempt: _Attempt) -> None:
        with self._lock:
            if self._probing() is attempt:
                self._probe = None

    def _probing(self) -> _Attempt | None:
        probe = self._probe  # once: a success on another thread takes it away
        return None if probe is None else probe()


class _Attempt:
    """One question; written out, since a generator of contextlib takes 1 us of a cold look-up of 8."""

    __slots__ = ("__weakref__", "_breaker")

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def __enter__(self) -> None:
        self._breaker._begin(self)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._breaker._end(self, error)
