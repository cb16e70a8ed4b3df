"""The two guarded servers: `uvicorn tests.authorization_servers.guarded:asgi`, `gunicorn ...:wsgi`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from bearerguard import AsgiMiddleware, ResourceServer, WsgiMiddleware
from bearerguard.adapters import authorize
from bearerguard.scopes import requirement
from tests.authorization_servers.guards import Guards, describe

logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")

RATING = requirement("rating")
JSON = "application/json"


async def _read(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send(send: Any, content: bytes) -> None:
    headers = [(b"content-type", JSON.encode()), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"].endswith("/rating"):
        authorize(scope, RATING)
    await _send(send, describe(scope["bearerguard"]))


def _wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"].endswith("/rating"):
        authorize(environ, RATING)
    return _start(start_response, describe(environ["bearerguard"]))


def _start(start_response: Any, content: bytes) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", JSON), ("Content-Length", str(len(content)))])
    return [content]


def _wrap_asgi(server: ResourceServer) -> AsgiMiddleware:
    return AsgiMiddleware(_asgi, server)


def _wrap_wsgi(server: ResourceServer) -> WsgiMiddleware:
    return WsgiMiddleware(_wsgi, server)


asgi_guards = Guards(_wrap_asgi)
wsgi_guards = Guards(_wrap_wsgi)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Hand a request to the guard that its path names, or to the control of guards."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    guarded = asgi_guards.find(scope["path"])
    if guarded is not None:
        await guarded(scope, receive, send)
    else:
        await _send(send, asgi_guards.control(scope["path"], await _read(receive)))


async def _live(receive: Any, send: Any) -> None:
    while True:
        event = (await receive())["type"].rpartition(".")[2]
        if event == "shutdown":
            for guard in asgi_guards.all.values():
                await guard.server.aclose()
        await send({"type": f"lifespan.{event}.complete"})
        if event == "shutdown":
            return


def wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
    """The same under WSGI."""
    path = environ["PATH_INFO"]
    guarded = wsgi_guards.find(path)
    if guarded is not None:
        return guarded(environ, start_response)  # type: ignore[no-any-return]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return _start(start_response, wsgi_guards.control(path, body))
