"""One log line when something goes down and one when it is back, however many requests ask."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bearerguard.errors import Refusal, Unavailable

logger = logging.getLogger("bearerguard")


class Outage:
    """Watches one thing that may be unavailable."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._reason: str | None = None

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Log a change of state; a refusal is an answer too."""
        try:
            yield
        except Unavailable as error:
            if self._reason != error.what:
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
