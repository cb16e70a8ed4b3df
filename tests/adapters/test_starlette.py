"""What a Starlette view asks for, and what its framework makes of the answer."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import requires as starlette_requires
from starlette.background import BackgroundTask
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from bearerguard import AsgiMiddleware, ConfigurationError, InsufficientScope, any_of
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters._asgi_reply import BODY_FIELD
from bearerguard.adapters.asgi import requires as asgi_requires
from bearerguard.adapters.starlette import authentication, requires, unprotected_routes
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import App, asgi_scope, bearer, drive_asgi, pieces, reply_of

both = requires("tag", "rating")


@both
async def in_async(request: Request) -> Response:
    return PlainTextResponse("welcome")


@both
def in_sync(request: Request) -> Response:
    return PlainTextResponse("welcome")


class Tags(HTTPEndpoint):
    @both
    async def get(self, request: Request) -> Response:
        return PlainTextResponse("welcome")

    @both
    def put(self, somebody: Request) -> Response:
        return PlainTextResponse("welcome")

    async def post(self, request: Request) -> Response:
        return PlainTextResponse("welcome")


class Methods:
    @both
    async def get(self, request: Any) -> Response:
        return PlainTextResponse("welcome")


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


class Chat(WebSocketEndpoint):
    encoding = "text"
    closed: list[int] = []  # noqa: RUF012 - shared by all chats on purpose

    @both
    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.closed.append(close_code)


class LateChat(WebSocketEndpoint):
    encoding = "text"

    @both
    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        await websocket.send_text(data)


ROUTES = [
    Route("/async", in_async),
    Route("/sync", in_sync),
    Route("/endpoint", Tags),
    Route("/method", Methods().get),
    Route("/partial", functools.partial(in_async)),
    Mount("/mount", routes=[Route("/async", in_async)]),
    Mount("/bare", app=asgi_requires("tag", "rating")(App().asgi)),
    WebSocketRoute("/echo", both(echo)),
    WebSocketRoute("/chat", Chat),
    WebSocketRoute("/late", LateChat),
]
PATHS = ["/async", "/sync", "/endpoint", "/method", "/partial", "/mount/async", "/bare/"]


def wrapped(routes: Any = ROUTES, **options: Any) -> Any:
    return AsgiMiddleware(Starlette(routes=routes, **options), resource_server(), anonymous=True)


def added(routes: Any = ROUTES, **options: Any) -> Any:
    app = Starlette(routes=routes, **options)
    app.add_middleware(AsgiMiddleware, server=resource_server(), anonymous=True)
    return app


def drive(app: Any, path: str, token: str | None = None, method: str = "GET", **more: Any) -> Any:
    headers = [("host", "api.example.org"), *more.pop("headers", ()), *(bearer(token) if token else ())]
    # Of this version on, a streaming answer does not listen for the client to leave.
    scope = asgi_scope(method, path, headers=headers, asgi={"spec_version": "2.4"}, **more)
    return reply_of(asyncio.run(drive_asgi(app, scope, pieces(b""))))


def connect(app: Any, path: str, token: str, *messages: Any, denial: bool = True) -> list[dict[str, Any]]:
    scope = asgi_scope(path=path, headers=[("host", "api.example.org"), *bearer(token)], scheme="wss")
    scope |= {"type": "websocket", "extensions": {"websocket.http.response": {}} if denial else {}}
    del scope["method"]
    return asyncio.run(drive_asgi(app, scope, [{"type": "websocket.connect"}, *messages]))


@pytest.mark.parametrize("guard", [wrapped, added])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(case: Case, path: str, guard: Any) -> None:
    """Whatever kind of view refuses, and wherever the middleware stands."""
    scope = asgi_scope(case.method, path, scheme=case.scheme, headers=list(case.headers.items()))
    start, body = asyncio.run(drive_asgi(guard(), scope, pieces(b"")))
    expected = (case.status, expected_fields(case), case.body)
    assert expected == (start["status"], start["headers"], body["body"])


@pytest.mark.parametrize("guard", [wrapped, added])
@pytest.mark.parametrize("path", PATHS)
def test_a_good_token_passes(path: str, guard: Any) -> None:
    """With both scopes."""
    assert (200, b"welcome") == ((reply := drive(guard(), path, "both")).status, reply.body)


def test_each_method_of_an_endpoint_asks_for_itself() -> None:
    """A parameter is found by its annotation too, and a method that asks for nothing is open."""
    methods = ("GET", "PUT", "POST")
    assert [403, 403, 200] == [drive(wrapped(), "/endpoint", "none", method).status for method in methods]


@pytest.mark.parametrize("path", ["/echo", "/chat"])
def test_a_websocket_is_refused_before_it_is_accepted(path: str) -> None:
    """With the same answer, byte for byte, where the server can send one."""
    start, body, *rest = connect(wrapped(), path, "tag")
    case = CASES[3]
    assert ("websocket.http.response.start", 403, []) == (start["type"], start["status"], rest)
    assert (expected_fields(case), case.body) == (start["headers"], body["body"])


@pytest.mark.parametrize("path", ["/echo", "/chat"])
def test_a_websocket_is_closed_where_the_server_cannot_answer(path: str) -> None:
    """1008, before it is accepted."""
    (sent,) = connect(wrapped(), path, "tag", denial=False)
    assert ("websocket.close", 1008) == (sent["type"], sent["code"])


def test_a_refused_endpoint_does_not_go_on() -> None:
    """What on_connect did not open, on_disconnect does not close."""
    Chat.closed.clear()
    connect(wrapped(), "/chat", "tag")
    assert [] == Chat.closed


def test_a_websocket_that_is_open_already_is_closed() -> None:
    """A requirement on on_receive comes too late for an answer."""
    accepted, closed = connect(wrapped(), "/late", "tag", {"type": "websocket.receive", "text": "hello"})
    assert ("websocket.accept", 1008) == (accepted["type"], closed["code"])


@pytest.mark.parametrize("path", ["/echo", "/late"])
def test_a_good_websocket_talks(path: str) -> None:
    """Nothing between it and its application changes a message."""
    said = {"type": "websocket.receive", "text": "hello"}
    sent = connect(wrapped(), path, "both", said, {"type": "websocket.disconnect", "code": 1000})
    assert ["websocket.accept", "websocket.send"] == [one["type"] for one in sent[:2]]
    assert "hello" == sent[1]["text"]


def test_behind_no_middleware_it_is_the_programmers_mistake() -> None:
    """A 500, and the log says why."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(ConfigurationError) as raised:
        asyncio.run(Starlette(routes=ROUTES)(asgi_scope(path="/async"), None, send))  # type: ignore[arg-type]
    assert (NOT_GUARDED, 500) == (str(raised.value), sent[0]["status"])


class NotAView(HTTPEndpoint): ...


async def without_request(item: int) -> None: ...


async def only_many(*request: Any, **websocket: Any) -> None: ...


async def generator(request: Request) -> AsyncIterator[str]:
    yield ""


@pytest.mark.parametrize(
    ("decorate", "message"),
    [
        (lambda: requires(echo), "requires() takes scope names"),  # type: ignore[arg-type]
        (lambda: requires("tag rating"), "'tag rating' cannot be a scope"),
        (lambda: requires("tag")(NotAView), "not on a class"),
        (lambda: requires("tag")(without_request), "without_request has no request"),
        (lambda: requires("tag")(only_many), "only_many has no request"),
        (lambda: requires("tag")(generator), "in place of a generator"),
    ],
)
def test_a_mistake_is_found_where_it_is_written(decorate: Any, message: str) -> None:
    """At import, and the text names the cure."""
    with pytest.raises(ConfigurationError) as raised:
        decorate()
    assert message in str(raised.value)


def annotated(annotation: Any) -> Any:
    def view(conn: Any) -> None: ...

    view.__annotations__["conn"] = annotation
    return view


@pytest.mark.parametrize(
    "annotation", [Request, WebSocket, HTTPConnection, "Request", "requests.Request", "Request[State]"]
)
def test_a_request_is_found_by_its_annotation(annotation: Any) -> None:
    """As text as well, whose names need not be defined yet."""
    assert requires("tag")(annotated(annotation))


@pytest.mark.parametrize("annotation", [int, "int", list[Request]])
def test_another_annotation_is_no_request(annotation: Any) -> None:
    """It has to be one, not to hold one."""
    with pytest.raises(ConfigurationError, match="has no request"):
        requires("tag")(annotated(annotation))


def test_a_view_that_is_called_with_something_else_says_so() -> None:
    """A test of the view alone, for example, that passes a fake."""
    with pytest.raises(ConfigurationError, match="'request' of a view behind"):
        in_sync(request="nonsense")  # type: ignore[arg-type]


def test_authentication_is_who_sent_the_request() -> None:
    """None where no token came."""

    async def me(request: Request) -> Response:
        found = authentication(request)
        return JSONResponse(found and found.subject)

    app = wrapped([Route("/", me)])
    assert ["alice", None] == [drive(app, "/", "both").json(), drive(app, "/").json()]


def test_one_of_several_scopes() -> None:
    """`any_of` in words of the route."""
    view = requires(any_of("tag", "rating"))(in_async.__wrapped__)  # type: ignore[attr-defined]
    app = wrapped([Route("/", view)])
    assert [200, 403] == [drive(app, "/", token).status for token in ("tag", "none")]


@pytest.mark.parametrize("guard", [wrapped, added])
def test_starlettes_own_requires_works(guard: Any) -> None:
    """It reads scope["auth"], and templates read scope["user"]."""

    @starlette_requires("tag")
    async def me(request: Request) -> Response:
        return JSONResponse([request.user.identity, request.user.is_authenticated])

    app = guard([Route("/", me)])
    assert ["alice", True] == drive(app, "/", "tag").json()
    assert [403, 403] == [drive(app, "/", "none").status, drive(app, "/").status]


def test_a_401_of_the_applications_own_gets_our_challenge() -> None:
    """RFC 9110 section 15.5.2: a 401 has one."""

    @starlette_requires("tag", status_code=401)
    async def me(request: Request) -> None: ...

    assert (401, 'Bearer realm="api"') == drive(wrapped([Route("/", me)]), "/").brief


def test_a_view_that_raises_a_refusal_of_ours_is_answered() -> None:
    """Where the middleware stands inside Starlette's handler of errors."""

    async def view(request: Request) -> None:
        raise InsufficientScope

    assert 403 == drive(added([Route("/", view)]), "/", "both").status


CORS: dict[str, Any] = {"allow_origins": ["https://app.example.org"], "allow_headers": ["authorization"]}
ORIGIN = ("origin", "https://app.example.org")


def cors_outside() -> Any:
    app = Starlette(routes=ROUTES)
    app.add_middleware(AsgiMiddleware, server=resource_server())
    app.add_middleware(CORSMiddleware, **CORS)  # the last one added is the outermost
    return app


def cors_inside() -> Any:
    app = Starlette(routes=ROUTES, middleware=[Middleware(CORSMiddleware, **CORS)])
    return AsgiMiddleware(app, resource_server())


@pytest.mark.parametrize("guard", [cors_outside, cors_inside])
def test_a_preflight_passes(guard: Any) -> None:
    """Fetch, "CORS-preflight fetch": a browser sends it without a token."""
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    reply = drive(guard(), "/async", method="OPTIONS", headers=[ORIGIN, *asked.items()])
    assert (200, ["https://app.example.org"]) == (reply.status, reply.all("access-control-allow-origin"))


@pytest.mark.parametrize("token", [None, "unknown", "tag"])
def test_a_refusal_is_readable_across_origins_when_cors_is_outermost(token: str | None) -> None:
    """Of the middleware and of a view alike."""
    reply = drive(cors_outside(), "/async", token, headers=[ORIGIN])
    assert reply.status >= 400
    assert ["https://app.example.org"] == reply.all("access-control-allow-origin")


def test_a_refusal_of_a_view_is_readable_when_cors_is_inside() -> None:
    """The middleware's own are not: a browser shows those as a network error."""
    by_view = drive(cors_inside(), "/async", "tag", headers=[ORIGIN])
    by_middleware = drive(cors_inside(), "/async", headers=[ORIGIN])
    found = [one.all("access-control-allow-origin") for one in (by_view, by_middleware)]
    assert [["https://app.example.org"], []] == found


def test_our_body_takes_the_place_of_a_compressed_one() -> None:
    """A refusal that had to be an exception goes through the middleware in between."""

    async def view(request: Request) -> None:
        raise HTTPException(403, headers={BODY_FIELD: "b3Vycw==", "x-more": "1"})

    app = wrapped([Route("/", view)], middleware=[Middleware(GZipMiddleware, minimum_size=0)])
    reply = drive(app, "/", headers=[("accept-encoding", "gzip")])
    assert (b"ours", ["4"], [], ["1"]) == (
        reply.body,
        reply.all("content-length"),
        [*reply.all("content-encoding"), *reply.all(BODY_FIELD)],
        reply.all("x-more"),
    )


def test_a_body_in_pieces_is_replaced_once() -> None:
    """A middleware may stream what the framework sent in one go."""

    async def view(request: Request) -> Response:
        return StreamingResponse(iter([b"a", b"b"]), 403, headers={BODY_FIELD: "b3Vycw=="})

    assert b"ours" == drive(wrapped([Route("/", view)]), "/").body


def test_background_tasks_run_and_answers_stream() -> None:
    """The decorator is out of the way of a good request."""
    done: list[str] = []

    @requires("tag")
    async def view(request: Request) -> Response:
        return StreamingResponse(iter(["a", "b"]), background=BackgroundTask(done.append, "done"))

    assert (b"ab", ["done"]) == (drive(wrapped([Route("/", view)]), "/", "tag").body, done)


def test_an_upload_arrives_whole() -> None:
    """A body that is no form is never touched."""

    @requires("tag")
    async def view(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    app = wrapped([Route("/", view, methods=["POST"])])
    scope = asgi_scope("POST", headers=[*bearer("tag"), ("content-type", "application/octet-stream")])
    sent = asyncio.run(drive_asgi(app, scope, pieces([b"x" * 70_000, b"y" * 70_000])))
    assert b"140000" == reply_of(sent).body


def test_a_500_of_the_application_stays_one() -> None:
    """What a view raises is not taken for a refusal."""

    @requires("tag")
    async def view(request: Request) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive(wrapped([Route("/", view)]), "/", "tag")


async def open_view(request: Request) -> None: ...


def test_routes_that_do_not_say_what_they_require_are_listed() -> None:
    """A test of an application's own pins this list."""
    routes = [
        *ROUTES,
        Route("/open", open_view, methods=["GET", "POST"]),
        Route("/object", App(), methods=None),  # type: ignore[arg-type]
        WebSocketRoute("/open", echo),
        WebSocketRoute("/openchat", WebSocketEndpoint),
        Mount("/static", app=StaticFiles(directory="."), name="static"),
        Host("www.example.org", app=Router([Route("/hosted", open_view)])),
    ]
    assert [
        "* /object",
        "* /static/*",
        "GET /hosted",
        "GET /open",
        "POST /endpoint",
        "POST /open",
        "WEBSOCKET /late",
        "WEBSOCKET /open",
        "WEBSOCKET /openchat",
    ] == unprotected_routes(Starlette(routes=routes))


def test_public_routes_are_not_listed() -> None:
    """Whichever way the middleware was added, and relative to where it stands."""
    inner = Starlette(routes=[Route("/health", open_view), Route("/open", open_view)])
    inner.add_middleware(AsgiMiddleware, server=resource_server(), public=("/health",))
    inner.add_middleware(GZipMiddleware)
    x = AsgiMiddleware(Router([Route("/x", open_view)]), resource_server(), public=("/x",))
    app = Starlette(
        routes=[
            Route("/live", open_view),
            Mount("/static", app=StaticFiles(directory=".")),
            Mount("/api", app=inner),
            Mount("/wrapped", app=x),
        ]
    )
    guarded = AsgiMiddleware(app, resource_server(), public=("/live", "/static/*"))
    assert ["GET /api/open"] == unprotected_routes(guarded)
