"""Websocket handshakes under ASGI."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bearerguard import (
    AsgiMiddleware,
    InsufficientScope,
)
from tests.support import (
    BAD_TOKEN_CHALLENGE,
    BARE,
    App,
    AsgiEdge,
    asgi_scope,
    bearer,
    drive_asgi,
    pieces,
    reply_of,
    server,
)

EDGE = AsgiEdge()


def handshake(
    app: Any, *, extension: bool = True, messages: Any = None, **request: Any
) -> list[dict[str, Any]]:
    """Open a websocket."""
    scope = asgi_scope(**{"scheme": "wss", **request})
    del scope["method"]
    scope |= {"type": "websocket", "extensions": {"websocket.http.response": {}} if extension else None}
    return asyncio.run(
        drive_asgi(app, scope, [{"type": "websocket.connect"}] if messages is None else messages)
    )


class Socket:
    """A websocket's application: accepts, or raises before or after."""

    def __init__(self, raises: Exception | None = None, *, accepts: bool = True) -> None:
        self.raises = raises
        self.accepts = accepts
        self.seen: list[Any] = []

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append({**scope, "message": await receive()})
        if self.accepts:
            await send({"type": "websocket.accept"})
        if self.raises is not None:
            raise self.raises
        await send({"type": "websocket.close"})


@pytest.mark.parametrize(
    ("request_", "rest"), [({"headers": bearer("good")}, b""), ({"query": "access_token=good&a=1"}, b"a=1")]
)
def test_a_websocket_opens_with_a_token_in_its_header_or_query(request_: dict[str, Any], rest: bytes) -> None:
    """A browser can send no header, so a query token is what it has."""
    app = Socket()
    sent = handshake(AsgiMiddleware(app.asgi, server()), **request_)
    assert ["websocket.accept", "websocket.close"] == [one["type"] for one in sent]
    assert ("alice", rest, {"type": "websocket.connect"}) == (
        app.seen[0]["bearerguard"].subject,
        app.seen[0]["query_string"],
        app.seen[0]["message"],
    )


def test_a_websocket_is_refused_before_it_is_accepted() -> None:
    """With the whole answer, where the server has the extension."""
    app = Socket()
    guarded = AsgiMiddleware(app.asgi, server())
    for request, expected in (
        ({}, (401, BARE)),
        ({"headers": bearer("bad")}, (401, BAD_TOKEN_CHALLENGE)),
        ({"scheme": "ws"}, (400, None)),
    ):
        sent = handshake(guarded, **request)
        assert ["websocket.http.response.start", "websocket.http.response.body"] == [
            one["type"] for one in sent
        ]
        reply = reply_of(sent)
        assert (expected[0], expected[1] or reply.challenge) == reply.brief
    assert [] == app.seen


def test_without_the_extension_a_websocket_is_closed() -> None:
    """The server makes a 403 of it."""
    sent = handshake(AsgiMiddleware(Socket().asgi, server()), extension=False)
    assert [{"type": "websocket.close", "code": 1008}] == sent


def test_a_websockets_application_may_refuse_before_it_accepts() -> None:
    """Also when it has taken the connect message, as it has to."""
    app = Socket(InsufficientScope(("a",)), accepts=False)
    waiting: list[Any] = [{"type": "websocket.connect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await asyncio.sleep(60)  # a client that waits for its answer
        return None

    async def send(message: Any) -> None:
        sent.append(message)

    async def scenario() -> None:
        scope = asgi_scope(scheme="wss", headers=bearer("good"), extensions={"websocket.http.response": {}})
        await asyncio.wait_for(
            AsgiMiddleware(app.asgi, server())({**scope, "type": "websocket"}, receive, send), 2
        )

    asyncio.run(scenario())
    assert 403 == reply_of(sent).status


def test_after_a_websocket_is_accepted_there_is_only_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    """The server closes it."""
    sent = handshake(AsgiMiddleware(Socket(InsufficientScope()).asgi, server()), headers=bearer("good"))
    assert ["websocket.accept"] == [one["type"] for one in sent]
    assert "refused after the response had begun, so it was cut short: insufficient scope" in caplog.text


def test_a_websockets_application_that_denies_by_itself_gets_our_challenge() -> None:
    """Its answer is one like any other."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})

    sent = handshake(AsgiMiddleware(app, server(), anonymous=True))
    assert (401, BARE) == reply_of(sent).brief


@pytest.mark.parametrize("client", [None, (), ("9.9.9.9", 1)])
def test_a_scope_may_lack_what_is_optional(client: Any) -> None:
    """client, query_string, root_path, scheme: closed where it matters."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": client}
    sent = asyncio.run(drive_asgi(EDGE.guard(App(), server()), scope, pieces(b"")))
    assert 400 == reply_of(sent).status
