"""What is particular to ASGI: what is attached, what passes, and what goes out."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from typing import Any

import pytest

from bearerguard import (
    AsgiMiddleware,
    BearerGuardError,
    InsufficientScope,
    MissingCredentials,
    Unavailable,
)
from bearerguard.adapters._asgi_reply import BODY_FIELD
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.token import ANONYMOUS, ANONYMOUS_USER
from tests.support import (
    BARE,
    App,
    AsgiEdge,
    asgi_scope,
    bearer,
    drive_asgi,
    local,
    pieces,
    reply_of,
    server,
    stored,
)

EDGE = AsgiEdge()


def test_what_is_attached_is_what_frameworks_read() -> None:
    """scope["user"] and scope["auth"], whose scopes Starlette's own @requires asks for."""
    app, store = App(), MemoryTokenStore()
    token = stored(store, scopes=("tag",))
    EDGE.answer(EDGE.guard(app, local(store)), headers=bearer(token))
    (scope,) = app.seen
    assert scope["bearerguard"] is scope["auth"]
    assert ({"tag"}, "alice", True) == (
        scope["auth"].scopes,
        scope["user"].display_name,
        scope["user"].is_authenticated,
    )


def test_where_no_token_came_nobody_is_attached() -> None:
    """None, and a user that is not authenticated."""
    app = App()
    EDGE.answer(EDGE.guard(app, server(), anonymous=True))
    (scope,) = app.seen
    assert (None, ANONYMOUS_USER, ANONYMOUS) == (scope["bearerguard"], scope["user"], scope["auth"])


def test_a_user_of_somebody_else_is_not_overwritten_when_no_token_came() -> None:
    """A session's, for instance; with a token it is."""
    app = App()
    guarded = EDGE.guard(app, server(), anonymous=True)
    EDGE.answer(guarded, user="theirs", auth="theirs")
    EDGE.answer(guarded, user="theirs", auth="theirs", headers=bearer("good"))
    assert ["theirs", "alice"] == [getattr(one["user"], "subject", one["user"]) for one in app.seen]


@pytest.mark.parametrize("type_", ["webtransport", "", "HTTP", "http2", "websocket2"])
def test_an_unknown_type_of_connection_is_refused(type_: str) -> None:
    """What is none of http, websocket and lifespan cannot be judged."""
    app = App()
    with pytest.raises(BearerGuardError, match="none of http, websocket and lifespan is not let in"):
        EDGE.answer(EDGE.guard(app, server()), type=type_)
    assert [] == app.seen


def test_lifespan_passes_untouched() -> None:
    """It is no request."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope))

    asyncio.run(drive_asgi(AsgiMiddleware(app, server()), {"type": "lifespan"}, []))
    assert [{"type": "lifespan"}] == seen


@pytest.mark.parametrize(
    ("public", "request_", "passes"),
    [
        (("/health",), {"path": "/health"}, True),
        (("/health",), {"path": "/health", "headers": bearer("stale")}, True),
        (("/health",), {"path": "/health", "scheme": "http", "headers": bearer("a b")}, True),
        (("/health",), {"path": "/healthx"}, False),
        (("/health",), {"path": "//health"}, False),
        (("/static/*",), {"path": "/static/../x"}, False),
        (("/health",), {"path": "/api/health", "root_path": "/api"}, True),
        (("/health",), {"path": "/api/health"}, False),
        (("/health",), {"path": "/apihealth", "root_path": "/api"}, False),
        (("/health",), {"path": "/api//health", "root_path": "/api"}, False),
        (("/api/health",), {"path": "/api/health", "root_path": "/api"}, False),
        (("/static/*",), {"path": "/static/../x", "root_path": "/static"}, False),
        (("/x",), {"path": "/api/x/", "root_path": "/api"}, False),
    ],
)
def test_public_paths_are_those_that_the_application_routes_on(
    public: tuple[str, ...], request_: dict[str, Any], passes: bool
) -> None:
    """Under a mount too; with a stale token, too; and nothing is attached."""
    app = App()
    reply = EDGE.answer(EDGE.guard(app, server(), public=public), **request_)
    assert passes == (reply.status == 200) == bool(app.seen)
    assert not any("bearerguard" in one for one in app.seen)


@pytest.mark.parametrize("error", [InsufficientScope(("a",)), Unavailable("it"), MissingCredentials()])
def test_after_the_response_has_begun_there_is_only_a_log_line(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The server sees an answer that was cut short."""
    app = App(raises_after_start=error)
    with caplog.at_level(logging.ERROR):
        guarded = EDGE.guard(app, server())
        sent = asyncio.run(drive_asgi(guarded, asgi_scope(headers=bearer("good")), pieces(b"")))
    assert ["http.response.start"] == [one["type"] for one in sent]
    line = f"refused after the response had begun, so it was cut short: {error}"
    assert [line] == [one.getMessage() for one in caplog.records]


def test_messages_without_headers_and_of_other_types_pass() -> None:
    """Extensions of ASGI."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.debug", "info": {}})
        await send({"type": "http.response.start", "status": 401})
        await send({"type": "http.response.pathsend", "path": "/x"})

    sent = asyncio.run(drive_asgi(AsgiMiddleware(app, server(), anonymous=True), asgi_scope(), []))
    expected = [(b"www-authenticate", BARE.encode())]
    assert ["http.response.debug", "http.response.start", "http.response.pathsend"] == [
        one["type"] for one in sent
    ]
    assert expected == sent[1]["headers"]


@pytest.mark.parametrize(("method", "sent_body"), [("GET", b"ours"), ("HEAD", b"")])
def test_a_framework_that_can_only_refuse_by_its_own_exception_sends_our_body(
    method: str, sent_body: bytes
) -> None:
    """An adapter leaves it in a field, which never goes out; whatever the framework wrote is dropped."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [
            (b"content-type", b"x/y"),
            (b"content-length", b"6"),
            (BODY_FIELD.encode(), b64encode(b"ours")),
        ]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": b"the", "more_body": True})
        await send({"type": "http.response.body", "body": b"irs"})

    sent = asyncio.run(drive_asgi(AsgiMiddleware(app, server(), anonymous=True), asgi_scope(method), []))
    reply = reply_of(sent)
    assert (403, sent_body, (("content-type", "x/y"), ("content-length", "4"))) == (
        reply.status,
        reply.body,
        reply.headers,
    )
