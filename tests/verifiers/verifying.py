"""An API behind a JWT verifier, whose issuer's keys are fetched from nowhere: each fetch is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bearerguard import AccessToken, Cached, Decision, JwtVerifier
from bearerguard.keys.remote import RemoteKeys
from bearerguard.verifiers import Verifier
from tests.clients.answering import AnsweringClient, answer
from tests.signing import ED25519, ISSUER, P256, PSS, RSA, SigningKey, key_set, sign
from tests.support import BAD_TOKEN_CHALLENGE, App, AsgiEdge, Clock, Reply, WsgiEdge, bearer, server

Edge = AsgiEdge | WsgiEdge

JWKS = "https://as.example.org/jwks.json"
NAME = "jwt:as.example.org"

# What requests become: the status, and the reason that `on_decision` and the log get.
Outcome = tuple[int, str | None]

PASSED: Outcome = (200, None)


def refused(reason: str) -> Outcome:
    """What becomes of a bad token."""
    return 401, f"invalid_token: {reason}"


class Api:
    """An API whose tokens an issuer signs; both clocks stand still."""

    def __init__(
        self,
        edge: Edge,
        *,
        keys: tuple[SigningKey, ...] = (RSA, PSS, P256, ED25519),
        around: Callable[[Any], Verifier] = lambda verifier: verifier,
        cached: dict[str, Any] | None = None,
        guard: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self._edge = edge
        self.now, self.monotonic = Clock(), Clock(500.0)
        clocks: dict[str, Any] = {"now": self.now, "monotonic": self.monotonic}
        self.http = AnsweringClient([answer(key_set(*keys))])
        self.keys = RemoteKeys(JWKS, http=self.http, monotonic=self.monotonic)
        self.jwt = JwtVerifier(**{"issuer": ISSUER, "keys": self.keys, **clocks, **settings})
        verifier = around(self.jwt)
        self.verifier = verifier if cached is None else Cached(verifier, **clocks, **cached)
        self.heard: list[Decision] = []
        self.app = App()
        guarding = {"now": self.now, "on_decision": self.heard.append, **(guard or {})}
        self.server = server(self.verifier, **guarding)
        self.guarded = edge.guard(self.app, self.server)

    @property
    def fetches(self) -> int:
        return self.http.times

    def ask(self, token: str) -> Reply:
        return self._edge.answer(self.guarded, headers=bearer(token))

    def outcome(self, token: str | None = None) -> Outcome:
        """What a request becomes; what goes out fits to it."""
        let_in = len(self.app.seen)
        reply = self.ask(sign() if token is None else token)
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

    def publishes(self, *keys: SigningKey) -> None:
        """Have these keys in the set from now on."""
        self.http.says(answer(key_set(*keys)))

    def move(self, seconds: float) -> None:
        self.now.move(seconds)
        self.monotonic.move(seconds)
