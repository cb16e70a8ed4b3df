"""CORS preflights under WSGI (Fetch, "CORS-preflight fetch")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bearerguard import (
    InsufficientScope,
    WsgiMiddleware,
)
from tests.support import (
    BARE,
    App,
    Reply,
    WsgiEdge,
    server,
    wsgi_environ,
)

EDGE = WsgiEdge()


PREFLIGHT = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]


def preflight(app: Any, **request: Any) -> Reply:
    """Ask as a browser does before a cross-origin request."""
    return EDGE.answer(app, **{"method": "OPTIONS", "headers": PREFLIGHT, **request})


def test_a_preflight_passes_with_nobody_attached() -> None:
    """Fetch, "CORS-preflight fetch": browsers send no credentials with it."""
    app = App(headers=[("Access-Control-Allow-Origin", "*"), ("Content-Length", "7")], reads=False)
    reply = preflight(EDGE.guard(app, server()), scheme="http", query="access_token=good&a=1")
    assert (200, b"", None, "a=1") == (
        reply.status,
        reply.body,
        app.authentication,
        app.seen[0]["QUERY_STRING"],
    )
    assert (["*"], ["0"]) == (reply.all("access-control-allow-origin"), reply.all("content-length"))


def test_an_application_that_ignores_the_method_cannot_be_read_through_a_preflight() -> None:
    """Neither by what it returns nor by write(); and it gets no body."""
    app = App(content=b"the secret")
    reply = preflight(EDGE.guard(app, server()), body=b"delete")
    assert (b"", b"", "0") == (reply.body, app.body, app.seen[0]["CONTENT_LENGTH"])

    def writes(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"the secret")
        return []

    assert (200, b"") == (
        preflight(WsgiMiddleware(writes, server())).status,
        preflight(WsgiMiddleware(writes, server())).body,
    )


@pytest.mark.parametrize("pieces", [1, 3, 0])
def test_what_an_application_gives_to_a_preflight_is_closed(pieces: int) -> None:
    """And read no further than it takes to know status and fields."""
    read: list[Any] = []

    class Content:
        def __init__(self, start_response: Any) -> None:
            self.start_response = start_response

        def __iter__(self) -> Iterator[bytes]:
            self.start_response("200 OK", [])
            for number in range(pieces):
                read.append(number)
                yield b"secret"

        def close(self) -> None:
            read.append("closed")

    reply = preflight(WsgiMiddleware(lambda environ, start_response: Content(start_response), server()))
    assert (200, b"", [*range(min(pieces, 1)), "closed"]) == (reply.status, reply.body, read)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"headers": PREFLIGHT[:1]},
        {"headers": PREFLIGHT[1:]},
        {"headers": [*PREFLIGHT, ("Authorization", "Basic x")]},
    ],
)
def test_anything_else_is_not_a_preflight(change: dict[str, Any]) -> None:
    """And needs a token."""
    app = App()
    assert (401, []) == (preflight(EDGE.guard(app, server()), **change).status, app.seen)


def test_a_preflight_is_read_until_its_status_is_known() -> None:
    """An application may begin with an empty piece."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        yield b""
        start_response("204 No Content", [])
        yield b"secret"

    statuses: list[str] = []
    guarded = WsgiMiddleware(app, server())
    environ = wsgi_environ("OPTIONS", headers=PREFLIGHT)
    assert [] == list(guarded(environ, lambda status, fields: statuses.append(status)))
    assert ["204 No Content"] == statuses


def test_a_refusal_of_a_preflight_is_answered() -> None:
    """What the application raises, and its own 401."""
    assert 403 == preflight(EDGE.guard(App(raises=InsufficientScope()), server())).status
    assert 403 == preflight(EDGE.guard(App(raises_after_start=InsufficientScope()), server())).status
    assert (401, BARE) == preflight(EDGE.guard(App(status=401), server())).brief


@pytest.mark.parametrize("status", [204, 304])
def test_a_preflight_without_content_has_no_length(status: int) -> None:
    """RFC 9110 section 8.6."""
    assert [] == preflight(EDGE.guard(App(status=status), server())).all("content-length")


def test_a_preflight_that_is_refused_is_answered_whole() -> None:
    """By our own answer, whose length is that of its body: nothing in it is the application's."""
    reply = preflight(EDGE.guard(App(raises=InsufficientScope(["tag"])), server()))
    assert (403, [str(len(reply.body))]) == (reply.status, reply.all("content-length"))
    assert reply.body
