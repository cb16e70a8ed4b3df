"""What a store that processes share has beside its tokens: listeners, the feed, and what was used."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping

from bearerguard.stores import Listener, TokenRecord
from bearerguard.stores._listeners import Listeners
from bearerguard.stores.feed import Source, ThreadFeed
from bearerguard.stores.uses import Uses, ignore_use


class SharedStore:
    """The part of such a store that has threads of its own, which its switches leave out."""

    feed: ThreadFeed | None
    note_use: Callable[[TokenRecord], None]
    """Note that a good token is used now; a thread keeps it within half a minute."""
    _listeners: Listeners
    _uses: Uses | None

    def _begin(
        self,
        name: str,
        source: Callable[[], Source],
        *,
        feed: bool,
        last_used: bool,
        now: Callable[[], float],
    ) -> None:
        self._listeners = Listeners()
        self.feed = ThreadFeed(name, source, self._hear) if feed else None
        self._uses = Uses(name, self.keep_uses, now=now) if last_used else None
        self.note_use = ignore_use if self._uses is None else self._uses.note  # no call more than it takes

    @abstractmethod
    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        """Keep when these tokens were last used; of two instants the later one counts. Raises Unavailable."""

    def subscribe(self, listener: Listener) -> None:
        """Call this after every change made through this object."""
        self._listeners.subscribe(listener)

    def _hear(self, digest: bytes | None) -> None:
        """Hear of a change that another process has made; None is many, or after a gap."""
        self._listeners.tell(digest)

    def _end_threads(self) -> None:
        """Keep what was used, and end the threads; what begins again starts others."""
        for one in (self._uses, self.feed):
            if one is not None:
                one.close()
