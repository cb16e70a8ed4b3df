"""A store's uses that a test writes when it likes, and what it writes them to."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bearerguard import Cached, StoredTokens
from bearerguard.stores import TokenRecord, uses
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.stores.uses import Uses
from tests.stores.feeding import PATIENCE_SECONDS
from tests.support import App, AsgiEdge, Clock, WsgiEdge, bearer, server, stored

NAMED = "bearerguard uses of "


class Kept:
    """What was written, a batch each time; it can be told to fail, and to hang."""

    def __init__(self) -> None:
        self.batches: list[dict[bytes, float]] = []
        self.threads: set[threading.Thread] = set()
        self.fails: Exception | None = None
        self.asked = 0
        self.go = threading.Event()
        self.go.set()

    def __call__(self, instants: Mapping[bytes, float]) -> None:
        self.asked += 1
        self.threads.add(threading.current_thread())
        assert self.go.wait(PATIENCE_SECONDS)
        if self.fails is not None:
            raise self.fails
        self.batches.append(dict(instants))


class Fixed:
    """A thread that never writes."""

    def __init__(self) -> None:
        self.wake = self
        self.puts = 0

    def put(self, _: None) -> None:
        self.puts += 1

    def is_alive(self) -> bool:
        return True


def noting_to(
    kept: Kept, clock: Clock, name: str, monkeypatch: pytest.MonkeyPatch, *, most: int = 5
) -> Iterator[Uses]:
    """Have one of which nothing is written unless somebody says so, or there are `most`; end it at last."""
    monkeypatch.setattr(uses, "WRITE_SECONDS", 1_000.0)
    monkeypatch.setattr(uses, "MAX_NOTED", most)
    one = Uses(name, kept, now=clock)
    yield one
    kept.go.set()
    one.close()


def record(expires_at: float | None = None) -> TokenRecord:
    """Make one."""
    return TokenRecord(secrets.token_bytes(32), "alice", issued_at=1.0, expires_at=expires_at)


def threads(noting: Uses) -> list[threading.Thread]:
    """Give those that write for it."""
    return [one for one in threading.enumerate() if one.name == NAMED + noting.name]


def wake(noting: Uses) -> None:
    """Have the thread write now, as it does after a while."""
    assert noting._thread is not None
    noting._thread.wake.put(None)


Edge = AsgiEdge | WsgiEdge


class Watched(SqliteTokenStore):
    """A token file that says what was noted, what was written, and by whom."""

    def __init__(self, path: Path, **settings: Any) -> None:
        super().__init__(path, **{"now": Clock(), **settings})
        self.noted = 0
        self.batches: list[dict[bytes, float]] = []
        self.writers: list[str] = []
        really_note = self.note_use

        def note_use(record: TokenRecord) -> None:
            self.noted += 1
            really_note(record)

        self.note_use = note_use

    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        self.writers.append(threading.current_thread().name)
        super().keep_uses(instants)
        self.batches.append(dict(instants))


def issued(store: Any, **facts: Any) -> str:
    """Issue a token into it, and give it."""
    return stored(store, **facts)


def guarded(edge: Edge, store: Any, app: App | None = None, *, clock: Clock | None = None) -> Any:
    """Guard an application with a cache around the store."""
    clock = clock or Clock()
    cached = Cached(StoredTokens(store), now=clock, monotonic=clock, unfed_max_age_seconds=60)
    return edge.guard(app or App(), server(cached, now=clock))


def ask(edge: Edge, guard: Any, token: str) -> int:
    """Send a request with a token; the status of the answer."""
    return edge.answer(guard, headers=bearer(token)).status


def write_now(store: Any) -> None:
    """Have the thread write now, as it does after a while."""
    store._uses._thread.wake.put(None)
