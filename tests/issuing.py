"""An API for whose tokens one issuer is enough to know: it publishes its metadata and keys, and is asked."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from bearerguard import AccessToken, ClientSecretBasic, Decision, Issuer, ResourceServer
from bearerguard.clients import HttpRequest, HttpResponse
from tests.clients.answering import answer
from tests.clients.publishing import FIRST, INTROSPECT, ISSUER, JWKS, Publisher, metadata
from tests.signing import ED25519, RSA, SigningKey, access_claims, key_set, sign
from tests.support import RESOURCE, App, AsgiEdge, Clock, Reply, WsgiEdge, bearer

Edge = AsgiEdge | WsgiEdge
CLIENT = ClientSecretBasic("api", "s3cr3t-of-ours")
OPAQUE = "opaque-and-good"


class Provider(Publisher):
    """It knows opaque tokens by their beginning."""

    def __init__(self, *keys: SigningKey) -> None:
        super().__init__(pages={FIRST: metadata(), JWKS: answer(key_set(*(keys or (RSA, ED25519))))})

    def _answer(self, request: HttpRequest | None = None) -> HttpResponse:
        assert request is not None
        if request.method == "POST" and request.url not in self.pages:
            return answer(self._introspect(parse_qs(request.content.decode())["token"][0]))
        return super()._answer(request)

    def _introspect(self, token: str) -> dict[str, Any]:
        return {
            "active": token.startswith(OPAQUE),
            "sub": "alice",
            "client_id": "app",
            "scope": "tag",
            "aud": RESOURCE,
        }


def token(key: SigningKey = RSA, **claims: Any) -> str:
    """A signed token of this issuer."""
    return sign(access_claims(**{"iss": ISSUER, **claims}), key=key)


class Api:
    """Guarded by what `ResourceServer.for_issuer` gives; all clocks stand still."""

    def __init__(
        self, edge: Edge, *, client: Any = None, issuer: dict[str, Any] | None = None, **settings: Any
    ):
        self._edge = edge
        self.now, self.monotonic = Clock(), Clock(500.0)
        self.http = Provider()
        self.issuer = Issuer(
            ISSUER, **{"http": self.http, "now": self.now, "monotonic": self.monotonic, **(issuer or {})}
        )
        self.heard: list[Decision] = []
        guarding = {"now": self.now, "on_decision": self.heard.append, **settings}
        self.server = ResourceServer.for_issuer(self.issuer, resource=RESOURCE, client=client, **guarding)
        self.app = App()
        self.guarded = edge.guard(self.app, self.server)

    def ask(self, text: str) -> Reply:
        return self._edge.answer(self.guarded, headers=bearer(text))

    def outcome(self, text: str) -> tuple[int, str | None]:
        """What a request becomes: its status, and the reason that the log gets."""
        return self.ask(text).status, self.heard[-1].reason

    @property
    def facts(self) -> AccessToken:
        authentication = self.app.authentication
        assert authentication is not None
        return authentication.access_token

    @property
    def identity(self) -> str:
        authentication = self.app.authentication
        assert authentication is not None
        found: str = authentication.user.identity
        return found

    def introspects(self, members: dict[str, Any]) -> None:
        """Answer so to every question about a token."""
        self.http.pages[INTROSPECT] = answer(json.dumps(members).encode())

    def move(self, seconds: float) -> None:
        self.now.move(seconds)
        self.monotonic.move(seconds)
