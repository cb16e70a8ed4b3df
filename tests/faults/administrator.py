"""Who adds and revokes tokens all the time, and notes what was acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bearerguard.breaker import Breaker
from bearerguard.errors import Unavailable
from bearerguard.stores import TokenAdministration
from bearerguard.stores.opening import open_store
from tests.faults.tokens import Book, Token, new_token

FIRST_TOKENS = 60
PAUSE_SECONDS = 0.1


@contextmanager
def opened(url: str, *, create: bool = False) -> Iterator[TokenAdministration]:
    """Have a store for a while."""
    store: Any = open_store(url, create=create)
    try:
        yield store
    finally:
        store.close()


class Administrator:
    """A thread with a store object of its own."""

    def __init__(self, url: str, book: Book) -> None:
        self._store: Any = open_store(url)
        self._book = book
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acknowledged = self.failed = 0
        tokens = [new_token() for _ in range(FIRST_TOKENS)]
        self._store.add_many([token.record for token in tokens])
        for token in tokens:
            book.added(token)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self._store.close()

    def lost(self, url: str) -> int:
        """Count what was acknowledged and is not in the store."""
        with opened(url) as store:
            return sum(not _is_kept(token, store.find) for token in self._book.tokens)

    def _run(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            self._attempt(self._add)
            self._attempt(self._revoke)

    def _attempt(self, change: Callable[[], None]) -> None:
        try:
            change()
        except Unavailable:
            self.failed += 1
            # As if the next change came from a new process: it is not left alone for what this one saw.
            for name in ("_breaker", "_changes"):
                vars(self._store)[name] = Breaker("the store", monotonic=time.monotonic)
        else:
            self.acknowledged += 1

    def _add(self) -> None:
        token = new_token()
        self._store.add(token.record)
        self._book.added(token)

    def _revoke(self) -> None:
        token = self._book.revoking()
        self._store.revoke(token.record.digest)
        self._book.revoked(token)


def _is_kept(token: Token, find: Callable[[bytes], object]) -> bool:
    record = find(token.record.digest)
    return record is not None and (
        token.revoked_at == float("inf") or getattr(record, "revoked_at", None) is not None
    )
