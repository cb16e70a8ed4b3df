"""Floods of signed tokens that are no good, and the guard that they are sent to."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from bearerguard import AsgiMiddleware, Cached, JwtVerifier, ResourceServer, WsgiMiddleware
from bearerguard.bench.applications import least_asgi, least_wsgi
from bearerguard.clients.httpx import HttpxClient
from bearerguard.keys.remote import RemoteKeys
from benchmarks.incoming import Request, asgi_requests, wsgi_requests
from benchmarks.introspection_shared import RESOURCE
from benchmarks.key_set_endpoint import KeySetEndpoint
from benchmarks.scenes._warm_cases import FOREVER_SECONDS
from benchmarks.signed import ISSUER, KID, RSA_BITS, base64url, claims_of, header_of

# Not the 30 seconds that are usual, so that several of them pass while it is measured.
COOLDOWN_SECONDS = 0.1
STRANGER = "https://as.example.com"
FRESH = count(1)

# What nobody has signed: as long as a signature is, and smaller than every modulus, so that it is tried.
SIGNATURE = base64url(bytes([0, *[7] * (RSA_BITS // 8 - 1)]))


def bad_token(*, kid: str | None = None, issuer: str = ISSUER) -> str:
    """Make a token with a signature of nobody; `kid=None` names another key each time."""
    number = next(FRESH)
    header = header_of("RS256", f"key-{number:032x}" if kid is None else kid)
    parts = [base64url(json.dumps(part).encode("ascii")) for part in (header, claims_of(number, issuer))]
    return ".".join([*parts, SIGNATURE])


RANDOM_KEYS, FOREIGN, BROKEN = "random key ids", "foreign issuers", "broken signatures"
FLOODS: dict[str, Callable[[], str]] = {
    RANDOM_KEYS: bad_token,
    FOREIGN: partial(bad_token, kid=KID, issuer=STRANGER),
    BROKEN: partial(bad_token, kid=KID),
}


class JwtGuard:
    """Both edges of a resource server that takes the issuer's tokens; `passed` counts what got through."""

    def __init__(self, endpoint: KeySetEndpoint) -> None:
        keys = RemoteKeys(
            endpoint.url, http=HttpxClient(ca_file=endpoint.ca_file), cooldown_seconds=COOLDOWN_SECONDS
        )
        verifier = Cached(JwtVerifier(issuer=ISSUER, keys=keys), max_age_seconds=FOREVER_SECONDS)
        self.server = ResourceServer(resource=RESOURCE, realm="example", verifier=verifier)
        self.apps = {
            "ASGI": AsgiMiddleware(self._count_asgi, self.server),
            "WSGI": WsgiMiddleware(self._count_wsgi, self.server),
        }
        self.passed = 0

    async def _count_asgi(self, scope: Any, receive: Any, send: Any) -> None:
        self.passed += 1
        await least_asgi(scope, receive, send)

    def _count_wsgi(self, environ: Any, start_response: Any) -> list[bytes]:
        self.passed += 1
        return least_wsgi(environ, start_response)


def requests_of(edge: str, tokens: list[str]) -> list[Request]:
    return asgi_requests(tokens) if edge == "ASGI" else wsgi_requests(tokens)
