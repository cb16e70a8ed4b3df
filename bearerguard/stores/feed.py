"""Hear at once of what other processes revoke: one thread a process listens to the store's own engine.

    source      what one engine offers: a channel, a notification, or a counter to look at
    feed        the thread, and since when it has heard everything

Whoever keeps copies of records trusts them as long as the feed has lately proved that it hears, and for
`unfed_max_age_seconds` where it has not. After a gap nobody can say what was missed, so all copies go.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from bearerguard.forks import renew_in_child
from bearerguard.stores import Listener
from bearerguard.stores._ending import end_at_exit
from bearerguard.stores._feed_thread import FeedThread

logger = logging.getLogger("bearerguard")

LATE_SECONDS = 5.0  # without a proof for so long, which is what copies are trusted for by default, it is down
CLOSING_SECONDS = 0.2  # a thread that is in the middle of a connection attempt ends by itself, later


class Source(Protocol):
    """How one engine tells of changes; used by one thread, every method bounded in time.

    All raise Unavailable. It must not refer to its store, which could then never be forgotten.
    """

    def open(self) -> None:
        """Begin to listen: nothing that is revoked after this returns is missed."""

    def wait(self, seconds: float) -> Iterable[bytes | None]:
        """Give the digests of what has changed, None for many at once; empty after so many seconds."""

    def prove(self) -> Iterable[bytes | None]:
        """Make a round trip, and give what was still on its way; then everything before it has been heard."""

    def close(self) -> None:
        """Let go of it, whatever state it is in."""


class Feed(Protocol):
    """Something that says up to which instant it has heard everything."""

    heard_at: float
    """Of the monotonic clock; minus infinity before the first proof."""

    def listen(self) -> None:
        """See to it that it listens, in this process; costs next to nothing where it does."""


class ThreadFeed:
    """What one store hears of other processes.

    It starts with the first `listen()`, in each process anew, and ends with the store.
    """

    def __init__(
        self,
        name: str,
        source: Callable[[], Source],
        tell: Listener,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.new_source = source
        self.tell = tell
        self.monotonic, self.now = monotonic, now
        self.renew()
        renew_in_child(self)
        end_at_exit(self)

    @property
    def is_up(self) -> bool:
        """Whether it has lately proved that it hears everything; not before somebody has listened."""
        return self.monotonic() - self.heard_at < LATE_SECONDS

    def renew(self) -> None:
        """Start anew after a fork, which no thread survives."""
        self.heard_at = -math.inf
        self._lock = threading.Lock()
        self._thread: FeedThread | None = None
        self._was_down = False

    def listen(self) -> None:
        """Have the thread running; costs next to nothing where it is."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                thread = FeedThread(self)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is at its end, or the system has no thread left
                    self.say_that_it_is_down("no thread can be started")
                    return
                self._thread = thread

    def close(self) -> None:
        """End the thread; the next `listen()` starts another."""
        thread = self.end()
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSING_SECONDS)

    def end(self) -> threading.Thread | None:
        """Have the thread end soon; from now on nothing counts as heard."""
        with self._lock:
            thread, self._thread = self._thread, None
            self.heard_at = -math.inf
        if thread is not None:
            thread.over.set()
        return thread

    def hear(self, at: float, thread: threading.Thread) -> None:
        """Note that everything before this instant has been told, unless that thread was to end."""
        with self._lock:
            if self._thread is not thread:
                return
            self.heard_at = at
            was_down, self._was_down = self._was_down, False
        if was_down:
            logger.warning(
                "the revocation feed of %s is back; all that was cached is looked up anew", self.name
            )

    def doubt(self, thread: threading.Thread) -> None:
        """Take back what was heard: there was a gap of which the monotonic clock knows nothing."""
        with self._lock:
            if self._thread is thread:
                self.heard_at = -math.inf

    def say_that_it_is_down(self, what: str) -> None:
        """Log it, once an outage."""
        if not self._was_down:
            self._was_down = True
            logger.error(
                "the revocation feed of %s is down, so what is cached is trusted for a short while only: %s",
                self.name,
                what,
            )
