"""Floods of tokens that nobody has issued, and a guard of the kind they are sent to."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import count
from pathlib import Path
from typing import Any

from bearerguard import (
    AsgiMiddleware,
    Cached,
    ClientSecretBasic,
    FirstMatch,
    Introspection,
    ResourceServer,
    StoredTokens,
    WsgiMiddleware,
)
from bearerguard.bench.applications import least_asgi, least_wsgi
from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.wire.local_token import mint
from benchmarks.introspection_edges import Guard
from benchmarks.introspection_flood import (
    FLOOD_PER_SECOND,
    NEW_PER_SECOND,
    WARM_PER_SECOND,
    Due,
    token_of,
)
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET, RESOURCE

FRESH = count()
JWT_HEADER = '{"alg":"RS256","kid":"2011-04-29","typ":"at+jwt"}'
JWT_CLAIMS = '{{"iss":"https://as.example.org","aud":"{}","sub":"{}","exp":4102444800,"jti":"{:032x}"}}'
SIGNATURE_BYTES = 256  # of RS256 with a key of 2,048 bits


def opaque() -> str:
    return f"{next(FRESH):064x}"


def mistyped() -> str:
    """One of our own tokens with its last character changed, which the checksum covers."""
    token = mint()
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def jwt_shaped() -> str:
    number = next(FRESH)
    claims = JWT_CLAIMS.format(RESOURCE, f"user{number}", number)
    signature = number.to_bytes(SIGNATURE_BYTES, "big")
    return ".".join(map(base64url, (JWT_HEADER.encode(), claims.encode(), signature)))


def base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


FLOODS: dict[str, Callable[[], str]] = {
    "opaque tokens": opaque,
    "own prefix, bad checksum": mistyped,
    "JWT-shaped tokens": jwt_shaped,
}


class MixedGuard(Guard):
    """Own tokens in SQLite first, others introspected and cached: both edges."""

    def __init__(self, folder: Path, url: str, http: Any) -> None:
        client = ClientSecretBasic(CLIENT_ID, CLIENT_SECRET)
        self.store = SqliteTokenStore(folder / "tokens.db")
        introspected = Cached(Introspection(url, client=client, http=http))
        self.server = ResourceServer(
            resource=RESOURCE,
            realm="example",
            verifier=FirstMatch([StoredTokens(self.store), introspected]),
        )
        self.asgi = AsgiMiddleware(least_asgi, self.server)
        self.wsgi = WsgiMiddleware(least_wsgi, self.server)


class Inactive:
    """An HTTP client whose endpoint knows no token, and says so at once."""

    answer = HttpResponse(
        status=200, fields={"content-type": "application/json"}, content=b'{"active": false}'
    )

    def send(self, request: HttpRequest) -> HttpResponse:
        return self.answer

    async def asend(self, request: HttpRequest) -> HttpResponse:
        return self.answer

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def schedule(seconds: float, flood: Callable[[], str] | None) -> Iterator[Due]:
    """When which request is due; made beforehand, so that tokens cost nothing while the clock runs."""

    def every(kind: str, per_second: int, token: Callable[[int], str]) -> Iterator[Due]:
        for n in range(int(seconds * per_second)):
            yield (n + 0.5) / per_second, kind, token(n)

    kinds = [
        every("warm", WARM_PER_SECOND, lambda n: token_of("warm", n)),
        every("new", NEW_PER_SECOND, lambda n: token_of("new", n)),
    ]
    if flood is not None:
        kinds.append(every("flood", FLOOD_PER_SECOND, lambda n: flood()))
    return iter(list(merge(*kinds)))
