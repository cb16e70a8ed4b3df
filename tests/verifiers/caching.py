"""A cache to be tested: its source says what it is told to, and its clocks stand still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bearerguard import (
    AccessToken,
    Cached,
    FromFunction,
    InvalidToken,
)
from bearerguard.flow import run
from bearerguard.verifiers import ASK
from tests.support import Clock, credentials


@dataclass
class Source:
    """A verifier's function that says what it is told to and notes what it was asked."""

    answer: Any = field(default_factory=lambda: AccessToken(subject="alice"))
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Any] = lambda: None

    def __call__(self, token: str) -> AccessToken | None:
        self.asked.append(token)
        answer = self.answer
        self.meanwhile()
        if isinstance(answer, Exception):
            raise answer
        found: AccessToken | None = answer(token) if callable(answer) else answer
        return found


class Cache:
    """A cache around a source, under two clocks."""

    def __init__(self, answer: Any = None, **settings: Any) -> None:
        self.source = Source() if answer is None else Source(answer)
        self.now, self.monotonic = Clock(), Clock(500.0)
        self.cached = Cached(
            FromFunction(self.source, name="f"), now=self.now, monotonic=self.monotonic, **settings
        )

    def ask(self, token: str = "token") -> Any:
        """What a request gets: from memory if possible. A refusal is given as its reason."""
        try:
            known = self.cached.recall(credentials(token).token)
            return run(self.cached.verify(credentials(token))) if known is ASK else known
        except InvalidToken as error:
            return error.reason

    def times(self) -> int:
        return len(self.source.asked)

    def move(self, seconds: float) -> None:
        self.now.move(seconds)
        self.monotonic.move(seconds)
