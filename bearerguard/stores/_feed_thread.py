"""The thread of a feed: it follows a source, proves that it hears, and begins anew after failures.

It keeps its feed, and so the store and its caches, alive only while it tells them something.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING
from weakref import ref

from bearerguard.errors import Unavailable

if TYPE_CHECKING:
    from bearerguard.stores.feed import Source, ThreadFeed

logger = logging.getLogger("bearerguard")

HEARTBEAT_SECONDS = 1.0  # between two proofs: several may be late before copies are distrusted
SLICE_SECONDS = 0.1  # of waiting: so soon a feed ends that is closed, or that nobody has any more
SLEPT_SECONDS = 2.0  # what the wall clock may be put forward without anything that was missed
FIRST_PAUSE_SECONDS = 0.1  # before the source is opened again
LONGEST_PAUSE_SECONDS = 2.0  # less than copies are trusted for: a short outage is not noticed


class FeedThread(threading.Thread):
    """Listens for one feed until that is closed, or forgotten."""

    def __init__(self, feed: ThreadFeed) -> None:
        super().__init__(name=f"bearerguard feed of {feed.name}", daemon=True)
        self._feed = ref(feed)
        self._monotonic, self._now = feed.monotonic, feed.now
        self.over = threading.Event()

    def run(self) -> None:
        pause_seconds = FIRST_PAUSE_SECONDS
        while (feed := self._wanted()) is not None:
            heard_at = feed.heard_at
            try:
                with closing(feed.new_source()) as source:
                    del feed
                    self._follow(source)
            except Unavailable as error:
                self._say_that_it_is_down(error.what)
            except Exception:  # of a listener, or of a driver: the thread must not end in silence
                logger.exception("the revocation feed has failed, and starts anew")
                self._say_that_it_is_down("it has failed in a way that nobody has foreseen")
            pause_seconds = self._pause(pause_seconds, heard_at)

    def _pause(self, pause_seconds: float, heard_at: float) -> float:
        """Wait before another try; how long to wait after that one. Also gives up what is in the frame."""
        feed = self._feed()
        if feed is not None and feed.heard_at > heard_at:
            pause_seconds = FIRST_PAUSE_SECONDS
        del feed
        # Of many processes that lost their server at one moment not all are to come back at another one.
        self.over.wait(random.uniform(pause_seconds / 2, pause_seconds))  # noqa: S311 - spreads, hides nothing
        return min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    def _follow(self, source: Source) -> None:
        source.open()
        began_at = self._monotonic()
        ahead_seconds = self._now() - began_at
        deque(source.prove(), maxlen=0)  # of no use: all copies go
        self._tell([None])
        self._hear(began_at)
        while self._wanted() is not None:
            self._tell(source.wait(SLICE_SECONDS))
            ahead_seconds = self._compare(ahead_seconds)
            if self._monotonic() - began_at >= HEARTBEAT_SECONDS:
                began_at = self._monotonic()
                self._tell(source.prove())
                self._hear(began_at)

    def _compare(self, before_seconds: float) -> float:
        """Compare the clocks: while a machine sleeps, or is moved, only the wall clock goes on.

        Raises Unavailable when it was away for too long.
        """
        ahead_seconds = self._now() - self._monotonic()
        if ahead_seconds - before_seconds >= SLEPT_SECONDS:
            if (feed := self._feed()) is not None:
                feed.doubt(self)
            raise Unavailable("the machine has slept, or its clock was put forward")
        return ahead_seconds

    def _wanted(self) -> ThreadFeed | None:
        return None if self.over.is_set() else self._feed()

    def _tell(self, digests: Iterable[bytes | None]) -> None:
        for digest in digests:
            if (feed := self._feed()) is not None:
                feed.tell(digest)
            del feed  # while it waits for the next one, nobody may be kept alive

    def _hear(self, at: float) -> None:
        if (feed := self._feed()) is not None:
            feed.hear(at, self)

    def _say_that_it_is_down(self, what: str) -> None:
        if (feed := self._wanted()) is not None:
            feed.say_that_it_is_down(what)
