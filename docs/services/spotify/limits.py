"""How much an application may ask: so many requests in a window of thirty seconds, then 429."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable

from spotify.calls import Call, Problem

WINDOW_SECONDS = 30  # the window of the real API
REQUESTS_PER_WINDOW = 600  # twenty a second: a person's application never gets there


class Limits:
    """Count each application's requests, or each user's where a token names no application.

    Only good tokens are counted, so that nobody uses up what is another's.
    """

    def __init__(self, requests_per_window: int, now: Callable[[], float] = time.monotonic) -> None:
        self._requests_per_window = requests_per_window
        self._now = now
        self._ends_at = 0.0
        self._counts: Counter[tuple[str | None, str | None]] = Counter()

    def count(self, call: Call) -> None:
        """Count one request. Raises Problem, with the seconds to wait, where it is one too many."""
        now = self._now()
        if now >= self._ends_at:
            self._ends_at = now + WINDOW_SECONDS
            self._counts.clear()
        sender = (call.who.client_id, None if call.who.client_id else call.who.subject)
        self._counts[sender] += 1
        if self._counts[sender] > self._requests_per_window:
            wait_seconds = math.ceil(self._ends_at - now)
            raise Problem(
                429, "The application has sent too many requests.", retry_after_seconds=wait_seconds
            )
