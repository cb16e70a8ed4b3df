"""What the workers of a test serve: a guard whose cache a feed tells, over the store in BEARERGUARD_STORE.

Each answer names its process in `x-process`; a good one says whether its feed is up. Where a server loads
this before it forks, the feed listens already then.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from bearerguard import AsgiMiddleware, Cached, ResourceServer, StoredTokens, WsgiMiddleware
from bearerguard.credentials import Credentials
from bearerguard.flow import run
from bearerguard.stores.opening import open_store

STORE: Any = open_store(os.environ["BEARERGUARD_STORE"])
CACHED = Cached(StoredTokens(STORE), unfed_max_age_seconds=float(os.environ.get("UNFED_SECONDS", "5")))
SERVER = ResourceServer(resource="https://api.example", realm="api", verifier=CACHED, loopback_http=True)

run(CACHED.verify(Credentials("Bearer", os.environ["GOOD_TOKEN"].encode())))


def _say(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "text/plain")])
    return [b"up" if STORE.feed.is_up else b"down"]


async def _asay(
    scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    while scope["type"] == "lifespan":
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"up" if STORE.feed.is_up else b"down"})


_guarded = WsgiMiddleware(_say, SERVER)
_guarded_asgi = AsgiMiddleware(_asay, SERVER)


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    def start(status: str, fields: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*fields, ("x-process", str(os.getpid()))], *rest)

    return _guarded(environ, start)


async def asgi(
    scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    async def stamped(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"x-process", b"%d" % os.getpid())]}
        await send(message)

    await _guarded_asgi(scope, receive, stamped)
