"""What a server of the scene end to end serves: one framework's application behind one guard.

Imported by the server's own process only, which is told by its environment what to serve.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from bearerguard.bench.applications import (
    LIFETIME_SECONDS,
    guard,
    least_asgi,
    least_wsgi,
    over_https,
    record_of,
)
from bearerguard.stores import digest_of
from benchmarks import floor
from benchmarks.incoming import PATH
from benchmarks.scenes._end_to_end_cases import (
    FRAMEWORK,
    GUARD,
    KEY,
    SCOPES,
    TOKEN,
    WSGI_FRAMEWORKS,
)

framework, token = os.environ[FRAMEWORK], os.environ[TOKEN]
edge = "wsgi" if framework in WSGI_FRAMEWORKS else "asgi"
record = record_of(digest_of(token), SCOPES)
expires_at = int(time.time()) + LIFETIME_SECONDS


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def tags(request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    return Starlette(routes=[Route(PATH, tags)])


def fastapi_app() -> Any:
    from benchmarks.peers import fastapi_pyjwt

    return fastapi_pyjwt.bare_app()


def flask_app() -> Any:
    from benchmarks.peers import authlib_flask

    return authlib_flask.bare_app()


BARE: dict[str, Callable[[], Any]] = {
    "asgi": lambda: least_asgi,
    "wsgi": lambda: least_wsgi,
    "starlette": starlette_app,
    "fastapi": fastapi_app,
    "flask": flask_app,
}


def bare() -> Any:
    return BARE[framework]()


def hand_written() -> Any:
    behind = floor.AsgiFloor if edge == "asgi" else floor.WsgiFloor
    return behind(bare(), {record.digest: (expires_at, record)})


def ours() -> Any:
    return guard(bare(), edge, record)


def ours_with_scope() -> Any:
    from benchmarks.peers import authlib_flask

    return guard(authlib_flask.scoped_app(), edge, record)


def starlette_dict() -> Any:
    from benchmarks.peers import starlette_dict as peer

    return peer.guard(bare(), [token])


def mcp_sdk() -> Any:
    from benchmarks.peers import mcp_sdk as peer

    return peer.guard(bare(), [token], scopes=[], expires_at=expires_at)


def pyjwt() -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from benchmarks.peers import fastapi_pyjwt

    return fastapi_pyjwt.peer_app(load_pem_private_key(os.environ[KEY].encode("ascii"), None))


def authlib() -> Any:
    from benchmarks.peers import authlib_flask

    return authlib_flask.peer_app([token], expires_at=expires_at)


GUARDS: dict[str, Callable[[], Any]] = {
    "bare": bare,
    "floor": hand_written,
    "ours": ours,
    "ours_with_scope": ours_with_scope,
    "starlette_dict": starlette_dict,
    "mcp_sdk": mcp_sdk,
    "pyjwt": pyjwt,
    "authlib": authlib,
}

app = over_https(GUARDS[os.environ[GUARD]](), edge)
