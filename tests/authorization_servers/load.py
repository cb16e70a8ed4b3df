"""Threads that call guarded servers without a pause, and what came of each call."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from tests.authorization_servers.edge import Guarded

BETWEEN_SECONDS = 0.1  # leaves the servers their share of a small machine


@dataclass(frozen=True, slots=True)
class Call:
    """One call: when it began and ended, how it was answered, and whether that says when to come back."""

    began_at: float
    ended_at: float
    status: int
    has_retry_after: bool


@dataclass
class Caller:
    """Calls one guard again and again, each time with the token that `give_token` gives."""

    guard: Guarded
    give_token: Callable[[], str]
    calls: list[Call] = field(default_factory=list)

    def run(self, over: threading.Event) -> None:
        while not over.wait(BETWEEN_SECONDS):
            began_at = time.monotonic()
            response = self.guard.get(self.give_token())
            has_retry_after = "retry-after" in response.headers
            self.calls.append(Call(began_at, time.monotonic(), response.status_code, has_retry_after))

    def since(self, began_at: float) -> list[Call]:
        return [call for call in self.calls if call.began_at >= began_at]

    def statuses(self) -> Counter[int]:
        return Counter(call.status for call in self.calls)


class Load:
    """Runs callers, each on a thread of its own, while it is entered."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=one.run, args=[self._over]) for one in callers]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


_numbers = count()


def unknown_token() -> str:
    """A token that nobody has seen yet."""
    return f"unknown-{next(_numbers)}"
