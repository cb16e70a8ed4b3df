"""What is measured of the warm path with signed tokens: beside opaque ones, and what hashing either costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import cycle
from secrets import token_hex
from typing import Any

from bearerguard import (
    AsgiMiddleware,
    Bearer,
    Cached,
    JwtVerifier,
    ResourceServer,
    StoredTokens,
    TokenRecord,
    WsgiMiddleware,
)
from bearerguard.bench.applications import least_asgi, least_wsgi
from bearerguard.bench.figures import ratio
from bearerguard.keys.static import StaticKeys
from bearerguard.stores import digest_of
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from benchmarks import floor
from benchmarks.incoming import Request, asgi_requests, wsgi_requests
from benchmarks.introspection_shared import RESOURCE
from benchmarks.scenes._warm_cases import (
    BARE,
    BLOCK,
    FLOOR,
    FOREVER_SECONDS,
    OURS,
    PUBLIC,
    Case,
    Issued,
    Subject,
    Traffic,
)
from benchmarks.signed import ISSUER, LIFETIME_SECONDS, Issuer, claims_of
from benchmarks.suite import Bar, undecided

TOKENS = 400  # fewer than opaque ones, since each takes a signature of RS256
OURS_OPAQUE, FLOOR_OPAQUE = f"{OURS}, an opaque token", f"{FLOOR}, an opaque token"
OURS_AS_LONG = f"{OURS}, an opaque token as long"
HASH, HASH_OPAQUE = "SHA-256 and the call", "SHA-256 and the call, an opaque token"
LIMIT = 1.10
NAMES = {"asgi": "ASGI, a JWT of RS256", "wsgi": "WSGI, a JWT of RS256"}

Values = Mapping[tuple[str, str], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Edge:
    """What is put together at one edge; `hashing` only hashes a token before it answers."""

    name: str
    app: Any
    middleware: Any
    floor: Any
    hashing: Callable[[Iterator[bytes]], Any]
    requests_of: Callable[[Sequence[str]], list[Request]]


class IssuedJwts:
    """Signed tokens, and the resource server that verifies them once and remembers them."""

    def __init__(self, count: int) -> None:
        issuer = Issuer()
        self.tokens = issuer.sign(count)
        self.server = new_server(JwtVerifier(issuer=ISSUER, keys=StaticKeys(issuer.key_set)))

    def known(self) -> floor.Known:
        """What a floor knows."""
        claims = claims_of(0)
        expires_at = claims["iat"] + LIFETIME_SECONDS
        return {sha256(token.encode("ascii")).digest(): (expires_at, claims) for token in self.tokens}


class IssuedAsLong:
    """Opaque tokens that are as long as signed ones."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = [token_hex(len(token))[: len(token)] for token in tokens]
        store = MemoryTokenStore()
        now = time.time()
        for number, token in enumerate(self.tokens):
            store.add(
                TokenRecord(
                    digest_of(token),
                    subject=f"user{number}",
                    client_id="app",
                    scopes=frozenset({"tag", "rating"}),
                    issued_at=now,
                    expires_at=now + LIFETIME_SECONDS,
                )
            )
        self.server = new_server(StoredTokens(store, prefix=None))


def new_server(verifier: Verifier) -> ResourceServer:
    return ResourceServer(
        resource=RESOURCE,
        realm="example",
        schemes=[Bearer(form=True, query=True)],
        verifier=Cached(verifier, max_age_seconds=FOREVER_SECONDS),
    )


def cases() -> list[Case]:
    """One of each edge; all kinds of tokens in the same rounds."""
    opaque, signed = Issued(TOKENS), IssuedJwts(TOKENS)
    as_long = IssuedAsLong(signed.tokens)
    asgi = Edge("asgi", least_asgi, AsgiMiddleware, floor.AsgiFloor, _hashing_asgi, asgi_requests)
    wsgi = Edge("wsgi", least_wsgi, WsgiMiddleware, floor.WsgiFloor, _hashing_wsgi, wsgi_requests)
    return [_case(edge, opaque, signed, as_long) for edge in (asgi, wsgi)]


def _case(edge: Edge, opaque: Issued, signed: IssuedJwts, as_long: IssuedAsLong) -> Case:
    def ours(issued: Any) -> Subject:
        guarded = edge.middleware(edge.app, issued.server, public=PUBLIC)
        return Subject(guarded, Traffic(edge.requests_of, issued.tokens))

    def floor_of(issued: Any) -> Subject:
        return Subject(edge.floor(edge.app, issued.known()), Traffic(edge.requests_of, issued.tokens))

    def hashing(issued: Any) -> Subject:
        app = edge.hashing(_in_circles(issued.tokens))
        return Subject(app, Traffic(edge.requests_of, issued.tokens), refuses=False)

    subjects = {
        BARE: Subject(edge.app, Traffic(edge.requests_of, signed.tokens), refuses=False),
        FLOOR: floor_of(signed),
        OURS: ours(signed),
        FLOOR_OPAQUE: floor_of(opaque),
        OURS_OPAQUE: ours(opaque),
        OURS_AS_LONG: ours(as_long),
        HASH: hashing(signed),
        HASH_OPAQUE: hashing(opaque),
    }
    return Case(NAMES[edge.name], edge.name, BLOCK, subjects)


def _in_circles(tokens: Sequence[str]) -> Iterator[bytes]:
    return cycle([token.encode("ascii") for token in tokens])


def _hashing_asgi(tokens: Iterator[bytes]) -> Any:
    """Hash a token and call the application: what differs between two of these is the hash."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sha256(next(tokens)).digest()
        await least_asgi(scope, receive, send)

    return app


def _hashing_wsgi(tokens: Iterator[bytes]) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        sha256(next(tokens)).digest()
        return least_wsgi(environ, start_response)

    return app


def bars(found: Values, *, least_rounds: int) -> Iterator[Bar]:
    """A warm JWT within 10 % of a warm opaque token, what hashing its bytes costs more taken off."""
    for case in NAMES.values():
        if (case, OURS) in found:
            rows = zip(found[case, OURS], found[case, HASH], found[case, HASH_OPAQUE], strict=True)
            hashed_alike = [ours - (hashed - opaque) for ours, hashed, opaque in rows]
            sides = {
                "an opaque token, the longer hash taken off": (hashed_alike, found[case, OURS_OPAQUE]),
                "an opaque token as long": (found[case, OURS], found[case, OURS_AS_LONG]),
            }
            for words, (ours, reference) in sides.items():
                times = ratio(ours, reference)
                why = undecided(times, LIMIT, rounds=len(ours), least_rounds=least_rounds)
                yield Bar(text=f"{case}: times {words}", value=times.middle, limit=LIMIT, not_judged=why)
