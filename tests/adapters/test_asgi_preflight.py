"""CORS preflights under ASGI (Fetch, "CORS-preflight fetch")."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bearerguard import (
    AsgiMiddleware,
    InsufficientScope,
)
from tests.support import (
    BARE,
    App,
    AsgiEdge,
    asgi_scope,
    drive_asgi,
    pieces,
    reply_of,
    server,
)

EDGE = AsgiEdge()


PREFLIGHT = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]


def preflight(app: Any, **request: Any) -> Any:
    """Ask an application as a browser does before a cross-origin request."""
    request = {"method": "OPTIONS", "headers": PREFLIGHT, **request}
    body = request.pop("body", b"")
    return reply_of(asyncio.run(drive_asgi(app, asgi_scope(**request), pieces(body))))


def test_a_preflight_passes_with_nobody_attached() -> None:
    """Fetch, "CORS-preflight fetch": browsers send no credentials with it."""
    app = App(headers=[("Access-Control-Allow-Origin", "*"), ("Content-Length", "7")], status=200)
    reply = preflight(EDGE.guard(app, server()), scheme="http", query="access_token=good&a=1")
    assert (200, b"", None) == (reply.status, reply.body, app.authentication)
    assert (["*"], ["0"]) == (reply.all("access-control-allow-origin"), reply.all("content-length"))
    assert b"a=1" == app.seen[0]["query_string"]


def test_an_application_that_ignores_the_method_cannot_be_read_through_a_preflight() -> None:
    """Only status and fields go out, nothing of a body goes in, and a route that asks refuses."""
    app = App(content=b"the secret")
    headers = [*PREFLIGHT, ("Content-Length", "6")]
    reply = preflight(EDGE.guard(app, server()), headers=headers, body=b"delete")
    assert (b"", b"") == (reply.body, app.body)


def test_news_of_the_clients_leaving_reaches_a_preflight() -> None:
    """Whatever of a body still comes is left out."""
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.extend([await receive(), await receive()])

    asyncio.run(
        drive_asgi(
            AsgiMiddleware(app, server()), asgi_scope("OPTIONS", headers=PREFLIGHT), pieces([b"a", b"b"])
        )
    )
    assert [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ] == received


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"method": "POST"},
        {"method": "options"},
        {"headers": PREFLIGHT[:1]},
        {"headers": PREFLIGHT[1:]},
        {"headers": [*PREFLIGHT, ("Authorization", "Basic x")]},
        {"headers": [*PREFLIGHT, ("X-HTTP-Method-Override", "DELETE")]},
        {"headers": [*PREFLIGHT, ("X-HTTP-Method", "DELETE")]},
        {"headers": [*PREFLIGHT, ("X-Method-Override", "DELETE")]},
        {"type": "websocket", "method": "GET"},
    ],
)
def test_anything_else_is_not_a_preflight(change: dict[str, Any]) -> None:
    """And needs a token."""
    app = App()
    change = {"method": "OPTIONS", "headers": PREFLIGHT, **change}
    messages = [{"type": "websocket.connect"}] if "type" in change else pieces(b"")
    scope = asgi_scope(**change, extensions={"websocket.http.response": {}})
    scope["scheme"] = "wss" if "type" in change else "https"
    reply = reply_of(asyncio.run(drive_asgi(EDGE.guard(app, server()), scope, messages)))
    assert (401, []) == (reply.status, app.seen)


def test_a_refusal_of_a_preflight_is_an_answer_without_content() -> None:
    """What the application raises is answered; its own 401 gets our challenge."""
    reply = preflight(EDGE.guard(App(raises=InsufficientScope()), server()))
    assert (403, b"", ["0"]) == (reply.status, reply.body, reply.all("content-length"))
    assert (401, BARE) == preflight(EDGE.guard(App(status=401), server())).brief


@pytest.mark.parametrize("status", [204, 304])
def test_a_preflight_without_content_has_no_length(status: int) -> None:
    """RFC 9110 section 8.6."""
    assert [] == preflight(EDGE.guard(App(status=status), server())).all("content-length")


def test_messages_before_the_answer_to_a_preflight_are_dropped() -> None:
    """An extension's, which could carry content; the answer itself stays whole."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.debug", "info": {"secret": True}})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/secret"})
        await send({"type": "http.response.body", "body": b"secret"})

    reply = preflight(AsgiMiddleware(app, server()))
    assert (200, b"") == (reply.status, reply.body)
