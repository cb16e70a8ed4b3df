"""A guard on both edges in process, around applications that answer at once, and requests for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bearerguard import (
    AsgiMiddleware,
    Cached,
    ClientSecretBasic,
    Introspection,
    ResourceServer,
    WsgiMiddleware,
)
from bearerguard.bench.applications import least_asgi, least_wsgi
from benchmarks.incoming import asgi_scopes, wsgi_environs
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET, RESOURCE


class Guard:
    """One resource server, and both edges around applications that answer at once."""

    def __init__(
        self,
        url: str,
        http: Any,
        *,
        timeout_seconds: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
        **cache: Any,
    ) -> None:
        introspection = Introspection(
            url,
            client=ClientSecretBasic(CLIENT_ID, CLIENT_SECRET),
            http=http,
            timeout_seconds=timeout_seconds,
            monotonic=monotonic,
        )
        self.server = ResourceServer(
            resource=RESOURCE,
            realm="example",
            verifier=Cached(introspection, monotonic=monotonic, **cache),
        )
        self.asgi = AsgiMiddleware(least_asgi, self.server)
        self.wsgi = WsgiMiddleware(least_wsgi, self.server)

    async def start_asgi(self) -> None:
        """Begin as servers do, with the application's life: what waiting needs is loaded then."""
        await status_of_asgi(self.asgi, {"type": "lifespan", "asgi": {"version": "3.0"}})

    async def ask_asgi(self, token: str) -> int:
        """Send one request through the middleware, and give the status."""
        return await status_of_asgi(self.asgi, asgi_scopes([token])[0])

    def ask_wsgi(self, token: str) -> int:
        return status_of_wsgi(self.wsgi, wsgi_environs([token])[0])


async def status_of_asgi(app: Any, scope: dict[str, Any]) -> int:
    status = 0

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


async def receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def status_of_wsgi(app: Any, environ: dict[str, Any]) -> int:
    statuses: list[int] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(int(status[:3]))

    for _ in app(environ, start_response):
        pass
    return statuses[-1]
