"""A guard on both edges in process, around applications that answer at once, and requests for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from bearerguard import (
    AsgiMiddleware,
    Cached,
    ClientSecretBasic,
    Introspection,
    ResourceServer,
    WsgiMiddleware,
)
from benchmarks.introspection_shared import CLIENT_ID, CLIENT_SECRET, RESOURCE

# What comes with a request behind a proxy, besides the token.
FIELDS = [
    ("host", "api.example.org"),
    ("user-agent", "python-httpx/0.28.1"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en"),
    ("connection", "keep-alive"),
    ("x-request-id", "0b3f2c1e-5f4e-4b7d-9d5c-0f3f5f6f7a8b"),
    ("cache-control", "no-cache"),
    ("referer", "https://app.example.org/"),
]


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
        self.asgi = AsgiMiddleware(asgi_app, self.server)
        self.wsgi = WsgiMiddleware(wsgi_app, self.server)

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


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def asgi_scopes(tokens: Sequence[str]) -> list[dict[str, Any]]:
    fields = [(name.encode(), value.encode()) for name, value in FIELDS]
    return [
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": "/tags",
            "raw_path": b"/tags",
            "query_string": b"",
            "root_path": "",
            "headers": [*fields, (b"authorization", b"Bearer " + token.encode())],
            "client": ("203.0.113.7", 50000),
            "server": ("192.0.2.1", 443),
        }
        for token in tokens
    ]


def wsgi_environs(tokens: Sequence[str]) -> list[dict[str, Any]]:
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in FIELDS}
    return [
        {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/tags",
            "QUERY_STRING": "",
            "REMOTE_ADDR": "203.0.113.7",
            "wsgi.url_scheme": "https",
            **fields,
            "HTTP_AUTHORIZATION": f"Bearer {token}",
        }
        for token in tokens
    ]
