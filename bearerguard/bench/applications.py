"""What a server under measurement serves: an application bare, or behind the guard.

Imported by the server's own process, which is told by its environment which application that is.
Every request is declared to have come over https, for the bare application as well: so both pay for
it, and what is measured is the guard and not its rule for plain HTTP.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

from bearerguard.adapters.asgi import AsgiMiddleware
from bearerguard.adapters.wsgi import WsgiMiddleware
from bearerguard.errors import ConfigurationError
from bearerguard.server import ResourceServer
from bearerguard.stores import TokenRecord, digest_of
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers.cached import Cached
from bearerguard.verifiers.stored import StoredTokens

APP = "BEARERGUARD_BENCH_APP"
EDGE = "BEARERGUARD_BENCH_EDGE"
DIGEST = "BEARERGUARD_BENCH_DIGEST"  # of the one token that is good, in hexadecimal
LIFETIME_SECONDS = 86_400  # longer than any measurement
OF_ANOTHER_KIND = 3  # what a process ends with that finds a WSGI application in place of an ASGI one
OWN = {"asgi": f"{__name__}:least_asgi", "wsgi": f"{__name__}:least_wsgi"}


def environment(app: str | None, edge: str, digest: bytes) -> Mapping[str, str]:
    """What a server has to be told; without an `app` it serves the least one there is."""
    return {APP: app or OWN[edge], EDGE: edge, DIGEST: digest.hex()}


async def least_asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with two letters."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def least_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    """Answer every request with two letters."""
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def load(name: str) -> Any:
    """Import `module:attribute`. Raises ImportError, AttributeError or ValueError."""
    module, separator, attribute = name.partition(":")
    if not separator or not module or not attribute:
        raise ValueError(f"{name!r} is not of the form module:attribute")
    return getattr(importlib.import_module(module), attribute)


def find_kind(name: str, edge: str) -> int:
    """Give an exit status: whether an application can be called at this edge, as far as its signature says.

    Raises whatever comes of importing it.
    """
    app = load(name)
    try:
        guard(app, edge, record_of(digest_of("")))
    except ConfigurationError:
        return OF_ANOTHER_KIND
    return 0


def record_of(digest: bytes, scopes: Iterable[str] = ()) -> TokenRecord:
    """Make the record of the token that is good; it expires, as tokens do."""
    now = time.time()
    expires_at = now + LIFETIME_SECONDS
    return TokenRecord(
        digest, subject="alice", scopes=frozenset(scopes), issued_at=now, expires_at=expires_at
    )


def guard(app: Any, edge: str, record: TokenRecord) -> Any:
    """Put the guard before an application; one token is good."""
    store = MemoryTokenStore()
    store.add(record)
    server = ResourceServer(
        resource="https://api.example.org",
        realm="bench",
        verifier=Cached(StoredTokens(store, prefix=None)),
    )
    return AsgiMiddleware(app, server) if edge == "asgi" else WsgiMiddleware(app, server)


def over_https(app: Any, edge: str) -> Any:
    """Declare every request to have come over https, as a server behind a proxy does."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            scope["scheme"] = "https"
        await app(scope, receive, send)

    def wsgi(environ: Any, start_response: Any) -> Any:
        environ["wsgi.url_scheme"] = "https"
        return app(environ, start_response)

    return asgi if edge == "asgi" else wsgi


# For a server's own process. Plain names, since hypercorn looks for no others.
if APP in os.environ:
    _app, _edge = load(os.environ[APP]), os.environ[EDGE]
    bare = over_https(_app, _edge)
    guarded = over_https(guard(_app, _edge, record_of(bytes.fromhex(os.environ[DIGEST]))), _edge)
