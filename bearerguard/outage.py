"""One log line when something goes down and one when it is back, however many requests ask."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bearerguard.errors import Unavailable

logger = logging.getLogger("bearerguard")


class Outage:
    """Watches one thing that may be unavailable."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._reason: str | None = None

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Log a change of state; whatever is not Unavailable is an answer."""
        try:
            yield
        except Unavailable as error:
            if self._reason != error.what:
                self._reason = error.what
                logger.error("%s is unavailable, requests that need it get 503: %s", self._what, error.what)
            raise
        if self._reason is not None:
            self._reason = None
            logger.warning("%s answers again", self._what)
