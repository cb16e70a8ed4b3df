"""Follow a counter of changes, for databases that cannot call: it is looked at often."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable

LOOK_SECONDS = 0.05  # what a revocation elsewhere waits at most; a look is one point read
MAX_CHANGES = 1_000  # of more at once not one is looked at: all copies go


class Counted(ABC):
    """The part of a source (`bearerguard.stores.feed`) that every such database has."""

    _seen = 0

    def begin(self) -> None:
        """Take the number from which on changes are heard. Raises Unavailable."""
        self._seen = self.number()

    def wait(self, seconds: float) -> Iterable[bytes | None]:
        """Look until this time is over."""
        until = time.monotonic() + seconds
        while (left_seconds := until - time.monotonic()) > 0:
            time.sleep(min(LOOK_SECONDS, left_seconds))
            yield from self.prove()

    def prove(self) -> Iterable[bytes | None]:
        """Look, and give what has changed."""
        number, seen = self.number(), self._seen
        if number == seen:
            return
        found = self.changes_after(seen, MAX_CHANGES + 1)
        # More than are worth it, or one is missing: forgotten, never told, or the table is another one.
        if len(found) > MAX_CHANGES or not found or found[-1][0] != seen + len(found):
            self._seen = number
            yield None
            return
        self._seen = found[-1][0]
        yield from dict.fromkeys(bytes(digest) for _, digest in found)

    @abstractmethod
    def number(self) -> int:
        """Give the number of the last change. Raises Unavailable."""

    @abstractmethod
    def changes_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        """Give what came after it, at most so many, by their numbers. Raises Unavailable."""
