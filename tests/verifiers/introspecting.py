"""A guard in front of an authorization server that makes no call: it answers what it is told to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from bearerguard import AccessToken, Cached, ClientSecretBasic, Decision, Introspection
from bearerguard.breaker import Unreachable
from bearerguard.verifiers import Verifier
from tests.clients.answering import AnsweringClient, active
from tests.support import BAD_TOKEN_CHALLENGE, App, AsgiEdge, Clock, Reply, WsgiEdge, bearer, server

Edge = AsgiEdge | WsgiEdge

ENDPOINT = "https://as.example.org/introspect"
NAME = "introspection:as.example.org"
SECRET = "s3cr3t-of-ours"

# What requests become: the status, and the reason that `on_decision` and the log get.
Outcome = tuple[int, str | None]

PASSED: Outcome = (200, None)
UNKNOWN: Outcome = (401, "invalid_token: unknown")
EXPIRED: Outcome = (401, "invalid_token: expired")
NO_ACCESS_TOKEN: Outcome = (401, "invalid_token: not an access token")
WRONG_ISSUER: Outcome = (401, "invalid_token: wrong issuer")
WRONG_AUDIENCE: Outcome = (401, "invalid_token: wrong audience")
NO_AUDIENCE: Outcome = (401, "invalid_token: no audience")
BOUND: Outcome = (401, "invalid_token: bound to a key")

DOWN = Unreachable("no answer within 2 seconds")
NO_ANSWER: Outcome = (503, DOWN.what)
WHAT = "the introspection endpoint of as.example.org"
LEFT_ALONE: Outcome = (503, f"{WHAT} has failed several times in a row and is left alone for a while")


def malformed(why: str) -> Outcome:
    """What an answer becomes that makes no sense."""
    return 503, f"its answer makes no sense: {why}"


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """What the log says since the last look, beyond the line for each request."""
    found = [(one.levelno, one.getMessage()) for one in caplog.records if one.levelno > logging.INFO]
    caplog.clear()
    return found


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The same, where all of it warns and nothing more."""
    found = lines(caplog)
    assert {logging.WARNING} >= {level for level, _ in found}
    return [text for _, text in found]


class Remote:
    """An API whose tokens another server knows; both clocks stand still."""

    def __init__(
        self,
        edge: Edge,
        *answers: Any,
        around: Callable[[Any], Verifier] = lambda introspection: introspection,
        cached: dict[str, Any] | None = None,
        guard: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self._edge = edge
        self.http = AnsweringClient(list(answers) or [active()])
        self.now, self.monotonic = Clock(), Clock(500.0)
        clocks: dict[str, Any] = {"now": self.now, "monotonic": self.monotonic}
        client = settings.pop("client", ClientSecretBasic("api", SECRET))
        self.introspection = Introspection(ENDPOINT, client=client, http=self.http, **clocks, **settings)
        self.verifier: Any = self.introspection
        if cached is not None:
            self.verifier = Cached(self.verifier, **clocks, **cached)
        self.verifier = around(self.verifier)
        self.heard: list[Decision] = []
        self.app = App()
        guarding = {"now": self.now, "on_decision": self.heard.append, **(guard or {})}
        self.server = server(self.verifier, **guarding)
        self.guarded = edge.guard(self.app, self.server)

    def ask(self, token: str = "remote") -> Reply:
        return self._edge.answer(self.guarded, headers=bearer(token))

    def outcome(self, token: str = "remote") -> Outcome:
        """What a request becomes; what goes out fits to it."""
        let_in = len(self.app.seen)
        reply = self.ask(token)
        assert (reply.status == 200) == (len(self.app.seen) > let_in)
        assert (BAD_TOKEN_CHALLENGE if reply.status == 401 else None) == reply.challenge
        assert (reply.status == 503) == bool(reply.all("retry-after"))
        return reply.status, self.heard[-1].reason

    @property
    def facts(self) -> AccessToken:
        """What the last request that passed came with."""
        authentication = self.app.authentication
        assert authentication is not None
        return authentication.access_token

    def says(self, *answers: Any) -> None:
        self.http.says(*answers)

    def move(self, seconds: float) -> None:
        self.now.move(seconds)
        self.monotonic.move(seconds)
