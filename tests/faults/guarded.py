"""What the workers serve: one guarded application in both colours, over the store in BEARERGUARD_STORE.

Every answer, the refusals too, names its process. gunicorn loads this before it forks, uvicorn after.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from bearerguard import AsgiMiddleware, Cached, ResourceServer, StoredTokens, WsgiMiddleware
from bearerguard.stores.opening import open_store
from tests.faults.words import FIELD, STORE_VARIABLE, UNFED_VARIABLE

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

_STORE = open_store(os.environ[STORE_VARIABLE])
_SERVER = ResourceServer(
    resource="https://api.example",
    realm="api",
    verifier=Cached(StoredTokens(_STORE), unfed_max_age_seconds=float(os.environ[UNFED_VARIABLE])),
    loopback_http=True,
)


def _greet(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("content-length", "2")])
    return [b"ok"]


async def _agreet(scope: Message, _receive: Any, send: Send) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


_guarded_wsgi = WsgiMiddleware(_greet, _SERVER)
_guarded_asgi = AsgiMiddleware(_agreet, _SERVER)


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    def start(status: str, fields: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*fields, (FIELD, str(os.getpid()))], *rest)

    return _guarded_wsgi(environ, start)


async def asgi(scope: Message, receive: Any, send: Send) -> None:
    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (FIELD.encode(), b"%d" % os.getpid())]}
        await send(message)

    await _guarded_asgi(scope, receive, named)
