"""One log line when something goes down and one when it is back, however many requests ask."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bearerguard.errors import Refusal, Unavailable

logger = logging.getLogger("bearerguard")

# Failures that a stranger's token can cause come and go with each request; the log must not.
QUIET_SECONDS = 10.0

# The reasons are fixed texts, of which a hostile server can still choose among hundreds.
MAX_REASONS = 100


class Seldom:
    """Tells whether something is worth a line in the log: the same thing is not, within QUIET_SECONDS."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told_at: dict[str, float] = {}

    def is_news(self, text: str) -> bool:
        now = self._monotonic()
        if now - self._told_at.get(text, -math.inf) < QUIET_SECONDS:
            return False
        if len(self._told_at) >= MAX_REASONS:
            self._told_at = {one: at for one, at in self._told_at.items() if now - at < QUIET_SECONDS}
        if len(self._told_at) >= MAX_REASONS:
            return False
        self._told_at[text] = now
        return True


class Outage:
    """Watches one thing that may be unavailable."""

    def __init__(self, what: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._seldom = Seldom(monotonic)
        self._reason: str | None = None

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Log a change of state; a refusal is an answer too."""
        try:
            yield
        except Unavailable as error:
            if self._reason != error.what and self._seldom.is_news(error.what):
                self._reason = error.what
                logger.error("%s is unavailable, requests that need it get 503: %s", self._what, error.what)
            raise
        except Refusal:
            self._is_back()
            raise
        self._is_back()

    def _is_back(self) -> None:
        if self._reason is not None:
            self._reason = None
            logger.warning("%s answers again", self._what)
