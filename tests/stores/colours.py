"""A store as a guard on an event loop asks it, with the methods that threads call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from bearerguard.flow import arun, both
from bearerguard.stores import TokenRecord

COLOURS = ("blocking", "awaited")
PATIENCE_SECONDS = 20.0  # of a test that would hang otherwise


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run it there, also for several threads at once."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_SECONDS)

    def close(self) -> None:
        """End it."""
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()


@contextmanager
def running_loop() -> Iterator[Loop]:
    """Have one for a while."""
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


class Awaited:
    """All of a store, but that what exists in both colours goes through the event loop."""

    def __init__(self, store: Any, loop: Loop) -> None:
        self._store, self._loop = store, loop
        self._find, self._add = both(store, "find"), both(store, "add")
        self._revoke, self._extend = both(store, "revoke"), both(store, "extend")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def find(self, digest: bytes) -> TokenRecord | None:
        """Look it up as `StoredTokens` does."""
        found: TokenRecord | None = self._loop.run(arun(self._find(digest)))
        return found

    def add(self, record: TokenRecord) -> None:
        """Keep it."""
        self._loop.run(arun(self._add(record)))

    def extend(self, record: TokenRecord) -> None:
        """Keep it, or what of it reaches further."""
        self._loop.run(arun(self._extend(record)))

    def revoke(self, digest: bytes) -> bool:
        """Revoke it as `RevokeIn` does."""
        done: bool = self._loop.run(arun(self._revoke(digest)))
        return done
