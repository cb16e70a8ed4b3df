"""The keys of an issuer that makes no call: it answers what it is told to, while a clock stands still."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard.breaker import Unreachable
from bearerguard.errors import Unavailable
from bearerguard.flow import run
from bearerguard.keys.remote import RemoteKeys
from tests.clients.answering import AnsweringClient
from tests.keys.material import jwk, key_set
from tests.support import Clock

URL = "https://as.example.org/jwks.json"
WHAT = "the key set of as.example.org"
DOWN = Unreachable("no answer in time: see timeout_seconds=")
LEFT_ALONE = f"{WHAT} has failed several times in a row and is left alone for a while"

A, B, C = (jwk("Ed25519", number, kid=kid) for number, kid in enumerate("abc"))


class Remote:
    """Remote keys, what they are told, and whom they tell."""

    def __init__(self, *answers: Any, finish: Any = run, **settings: Any) -> None:
        self.http = AnsweringClient(list(answers) or [key_set(A)])
        self.clock = Clock(500.0)
        self.finish = finish
        self.keys = RemoteKeys(URL, http=self.http, monotonic=self.clock, **settings)
        self.told = 0
        self.keys.subscribe(self._hear)

    def find(self, kid: str | None = "a", algorithm: str = "Ed25519") -> list[str | None] | str:
        """The names of what is found, once it is; of an outage the reason."""
        try:
            step: Any = self.keys.find(kid, algorithm)
            found = step if isinstance(step, tuple) else self.finish(step)
        except Unavailable as error:
            return error.what
        return [key.kid for key in found]

    def at_once(self, kid: str | None = "a", algorithm: str = "Ed25519") -> list[str | None]:
        """The same where nobody may wait; what is fetched aside comes to its end afterwards."""
        found: Any = self.keys.find(kid, algorithm)
        assert isinstance(found, tuple), "somebody has to wait"
        self.settle()
        return [key.kid for key in found]

    def waits(self, kid: str | None = "a", algorithm: str = "Ed25519") -> list[str | None] | str:
        """The same where somebody has to wait."""
        assert not isinstance(self.keys.find(kid, algorithm), tuple), "nobody has to wait"
        return self.find(kid, algorithm)

    def settle(self) -> None:
        """Let a fetch that goes on aside come to its end."""
        self.keys._document._aside.wait(10)
        assert not self.keys._document._aside.is_running

    def says(self, *answers: Any) -> None:
        self.http.says(*answers)

    def move(self, seconds: float) -> None:
        self.clock.move(seconds)

    @property
    def times(self) -> int:
        return self.http.times

    def _hear(self) -> None:
        self.told += 1


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What the log says since the last look."""
    found = [(logging.getLevelName(one.levelno), one.getMessage()) for one in caplog.records]
    caplog.clear()
    return found
