"""What is profiled: a guarded application on each edge, with nothing in it that has to be waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bearerguard import AsgiMiddleware, WsgiMiddleware
from bearerguard.bench.applications import least_wsgi
from benchmarks.floor import AsgiFloor, WsgiFloor
from benchmarks.incoming import asgi_scopes, wsgi_environs
from benchmarks.scenes._warm_cases import PUBLIC, Issued

Request = Callable[[], object]
BARE, FLOOR, GUARDED = "bare", "floor", "guarded"


@dataclass(frozen=True, slots=True)
class Edge:
    """A request to each of `bare`, `floor` and `guarded`."""

    requests: dict[str, Request]


def asgi_edge() -> Edge:
    issued = Issued(1)
    (scope,) = asgi_scopes(issued.tokens)
    fill(issued)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        """Answer as `least_asgi` does, on a channel that has nothing to be awaited."""
        send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        send({"type": "http.response.body", "body": b"ok"})

    def request_to(app: Any) -> Request:
        def request() -> None:
            try:
                app(dict(scope), _nothing, _nothing).send(None)
            except StopIteration:
                return
            raise AssertionError("something had to be waited for")

        return request

    apps = {
        BARE: app,
        FLOOR: AsgiFloor(app, issued.known()),
        GUARDED: AsgiMiddleware(app, issued.server, public=PUBLIC),
    }
    return Edge({name: request_to(one) for name, one in apps.items()})


def wsgi_edge() -> Edge:
    issued = Issued(1)
    (environ,) = wsgi_environs(issued.tokens)
    fill(issued)

    def request_to(app: Any) -> Request:
        return lambda: app(dict(environ), _nothing)

    apps = {
        BARE: least_wsgi,
        FLOOR: WsgiFloor(least_wsgi, issued.known()),
        GUARDED: WsgiMiddleware(least_wsgi, issued.server, public=PUBLIC),
    }
    return Edge({name: request_to(one) for name, one in apps.items()})


def fill(issued: Issued) -> None:
    """Let the cache see the token, as the first request does."""
    WsgiMiddleware(least_wsgi, issued.server)(wsgi_environs(issued.tokens)[0], _nothing)


EDGES: dict[str, Callable[[], Edge]] = {"ASGI": asgi_edge, "WSGI": wsgi_edge}


def _nothing(*_: object) -> None:
    pass
