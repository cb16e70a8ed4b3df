"""What is particular to ASGI."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from typing import Any

import pytest

from bearerguard import (
    AsgiMiddleware,
    Bearer,
    BearerGuardError,
    InsufficientScope,
    MissingCredentials,
    Unavailable,
)
from bearerguard.adapters._asgi_reply import BODY_FIELD
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.token import ANONYMOUS, ANONYMOUS_USER
from tests.support import (
    BAD_TOKEN_CHALLENGE,
    BARE,
    FORM,
    App,
    AsgiEdge,
    asgi_scope,
    bad_request,
    bearer,
    drive_asgi,
    local,
    pieces,
    reply_of,
    server,
    stored,
)

EDGE = AsgiEdge()
TOO_SLOW = bad_request("The form body did not arrive in time.")
TOO_LARGE = bad_request("The form body is larger than this resource server reads in search of a token.")
CUT_SHORT = bad_request("The form body ended before its announced length.")


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


# -- bodies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [[b"access_", b"token=good", b"&a=b"], [b"", b"access_token=good", b""]])
def test_a_body_is_replayed_message_by_message(parts: list[bytes]) -> None:
    """As it came, empty ones too."""
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.extend([await receive() for _ in range(len(parts) + 1)])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    guarded = AsgiMiddleware(app, server())
    sent = asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=[FORM]), pieces(parts)))
    assert 204 == sent[0]["status"]
    assert [*pieces(parts), {"type": "http.disconnect"}] == received


def test_an_endless_body_is_413_after_a_bounded_number_of_bytes() -> None:
    """Without a length, while reading."""
    given: list[int] = []

    def endless() -> Any:
        while True:
            given.append(1_000)
            yield {"type": "http.request", "body": b"x" * 1_000, "more_body": True}

    guarded = EDGE.guard(App(), server())
    reply = reply_of(asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=[FORM]), endless())))
    assert ((413, TOO_LARGE), 17_000) == (reply.brief, sum(given))


def test_an_announced_length_over_the_bound_is_413_without_reading() -> None:
    """Not a byte."""
    app = App()
    guarded = EDGE.guard(app, server())
    headers = [FORM, ("Content-Length", "16385")]

    def nothing() -> Any:
        raise AssertionError("read")
        yield

    reply = reply_of(asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=headers), nothing())))
    assert (413, TOO_LARGE) == reply.brief


@pytest.mark.parametrize(("headers", "expected"), [([], (408, TOO_SLOW)), (bearer("good"), (200, None))])
def test_a_body_that_does_not_arrive_in_time_is_408_or_passes_beside_a_token(
    headers: list[tuple[str, str]], expected: tuple[int, str | None]
) -> None:
    """The application then gets what had come, and what comes."""
    app = App()
    guarded = EDGE.guard(app, server(schemes=[Bearer(form=True, body_timeout_seconds=0.02)]))
    sent: list[Any] = []

    async def scenario() -> None:
        waiting = asyncio.Queue[Any]()
        waiting.put_nowait({"type": "http.request", "body": b"a=", "more_body": True})

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.get_running_loop().call_later(
            0.06, waiting.put_nowait, {"type": "http.request", "body": b"1"}
        )
        await guarded(asgi_scope("POST", headers=[FORM, *headers]), waiting.get, send)

    asyncio.run(scenario())
    assert expected == reply_of(sent).brief
    assert ([b"a=1"] if headers else []) == [one["body"] for one in app.seen]


def test_a_client_that_leaves_in_the_middle_of_its_form_is_refused() -> None:
    """Nobody reads the answer, but nothing passes."""
    app = App()
    messages = [{"type": "http.request", "body": b"access_token=good", "more_body": True}]
    guarded = EDGE.guard(app, server())
    reply = reply_of(asyncio.run(drive_asgi(guarded, asgi_scope("POST", headers=[FORM]), messages)))
    assert ((400, CUT_SHORT), []) == (reply.brief, app.seen)


def test_a_body_that_is_no_form_is_not_touched() -> None:
    """The application's own receive is what the server gave."""
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.append(receive)
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def receive() -> Any: ...

    async def send(message: Any) -> None: ...

    guarded = AsgiMiddleware(app, server())
    for headers in (bearer("good"), [*bearer("good"), ("Content-Type", "application/json")]):
        asyncio.run(guarded(asgi_scope("POST", headers=headers), receive, send))
    assert [receive, receive] == received


# -- the answer ----------------------------------------------------------------------------------------


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


# -- preflight -----------------------------------------------------------------------------------------

PREFLIGHT = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]


def preflight(app: Any, **request: Any) -> Any:
    """Ask an application as a browser does before a cross-origin request."""
    request = {"method": "OPTIONS", "headers": PREFLIGHT, **request}
    body = request.pop("body", b"")
    return reply_of(asyncio.run(drive_asgi(app, asgi_scope(**request), pieces(body))))


def test_a_preflight_passes_with_nobody_attached() -> None:
    """Fetch section 4.9: browsers send no credentials with it."""
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


# -- websockets ------------------------------------------------------------------------------------------


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
