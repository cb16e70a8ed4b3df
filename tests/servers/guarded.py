"""What the real servers serve: applications that echo what reached them, behind the guard."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bearerguard import (
    AccessToken,
    AsgiMiddleware,
    Bearer,
    Cached,
    FromFunction,
    ResourceServer,
    WsgiMiddleware,
)

TOKEN = "mF_9.B5f-4.1JqM~s3cret+Of/alice=="
BODY_TIMEOUT_SECONDS = 0.25

_server = ResourceServer(
    resource="https://api.example.org",
    realm="api",
    verifier=Cached(FromFunction({TOKEN: AccessToken(subject="alice")}.get)),
    schemes=[Bearer(form=True, query=True, body_timeout_seconds=BODY_TIMEOUT_SECONDS)],
)


def _seen(authentication: Any, query: str, body: bytes, target: str = "") -> bytes:
    seen = {"subject": authentication.subject, "query": query, "body": body.hex(), "target": target}
    return json.dumps(seen).encode()


async def _asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": scope["bearerguard"].subject})
        await send({"type": "websocket.close"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    content = _seen(scope["bearerguard"], scope["query_string"].decode(), body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


def _wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    if length:
        body = stream.read(int(length))
    else:
        body = stream.read() if environ.get("wsgi.input_terminated") else b""
    target = environ.get("RAW_URI", "") + environ.get("REQUEST_URI", "")
    content = _seen(environ["bearerguard"], environ.get("QUERY_STRING", ""), body, target)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else content]


guarded_asgi = AsgiMiddleware(_asgi, _server)
guarded_wsgi = WsgiMiddleware(_wsgi, _server)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answer to the server's lifespan, which the bare application does not know, and pass on the rest."""
    if scope["type"] != "lifespan":
        await guarded_asgi(scope, receive, send)
        return
    while True:
        event = (await receive())["type"].rpartition(".")[2]
        await send({"type": f"lifespan.{event}.complete"})
        if event == "shutdown":
            return


def wsgi(environ: Any, start_response: Any) -> Iterable[bytes]:
    return guarded_wsgi(environ, start_response)
