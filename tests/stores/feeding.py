"""A source of changes that tells what a test makes it tell, and a feed that follows it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from bearerguard.stores.feed import ThreadFeed
from tests.support import Clock

PATIENCE_SECONDS = 10.0  # of a test, for what takes milliseconds unless the machine is busy
NAMED = "bearerguard feed of "


def eventually(is_so: Callable[[], object]) -> None:
    """Wait until it is."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.002)


def threads(name: str = "") -> list[threading.Thread]:
    """Give the threads that listen for feeds of this name."""
    return [one for one in threading.enumerate() if one.name.startswith(NAMED + name)]


class FakeSource:
    """Tells what is put into it; an exception is raised instead. Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails_to_open: Exception | None = None
        self.late: list[bytes | None] = []
        self._told: queue.Queue[bytes | Exception | None] = queue.Queue()

    def put(self, *told: bytes | Exception | None) -> None:
        for one in told:
            self._told.put(one)

    def open(self) -> None:
        self.asked.append("open")
        if self.fails_to_open is not None:
            raise self.fails_to_open

    def wait(self, seconds: float) -> Iterable[bytes | None]:
        try:
            one = self._told.get(timeout=min(seconds, 0.005))
        except queue.Empty:
            return
        if isinstance(one, Exception):
            raise one
        yield one

    def prove(self) -> Iterable[bytes | None]:
        self.asked.append("prove")
        yield from self.late

    def close(self) -> None:
        self.asked.append("close")


class Followed:
    """A feed of a fake source, what it has told, and its clock."""

    def __init__(self, name: str) -> None:
        self.source, self.clock, self.wall = FakeSource(), Clock(1_000.0), Clock()
        self.told: list[bytes | None] = []
        self.listener: Callable[[bytes | None], None] = self.told.append
        self.feed = ThreadFeed(
            name,
            lambda: self.source,
            lambda digest: self.listener(digest),
            monotonic=self.clock,
            now=lambda: self.wall() + self.clock(),
        )

    def start(self) -> None:
        self.feed.listen()
        eventually(lambda: self.feed.heard_at == self.clock())


def followed(name: str) -> Iterator[Followed]:
    """Make one, and end it afterwards."""
    one = Followed(name)
    yield one
    one.feed.close()
