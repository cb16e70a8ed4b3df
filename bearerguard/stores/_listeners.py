"""Tell whoever keeps copies that a record has changed."""

from __future__ import annotations

from bearerguard.stores import Listener


class Listeners:
    """The listeners of one store."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        # Replaced and never changed, so that a subscription does not disturb a tell on another thread.
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> None:
        """Call this after every change."""
        self._listeners += (listener,)

    def tell(self, digest: bytes | None) -> None:
        """Say that this record, or with None any number of them, may have changed."""
        for listener in self._listeners:
            listener(digest)
