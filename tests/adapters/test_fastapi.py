"""What a FastAPI route asks for, by a dependency or by a decorator."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import fastapi.routing
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request, Security, WebSocket
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response

from bearerguard import AsgiMiddleware, Authentication, Bearer, ConfigurationError, Refusal, any_of
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters.fastapi import BearerScheme, authentication, bearer, requires, unprotected_routes
from bearerguard.schemes import Scheme
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import App, asgi_scope, drive_asgi, pieces, reply_of
from tests.support import bearer as field

BothScopes = Annotated[Authentication, Security(bearer, scopes=["tag", "rating"])]
TOKEN = BearerScheme(scheme_name="token", description="Ask us.")


def build(**options: Any) -> FastAPI:
    app = FastAPI(**options)
    router = APIRouter(dependencies=[Security(bearer, scopes=["tag"])])

    async def depends(me: BothScopes) -> str | None:
        return me.subject

    @requires("tag", "rating")
    async def decorated(request: Request, extra: int = 0) -> str:
        return "alice"

    @requires("tag", "rating")
    def in_sync(request: Request) -> str:
        return "alice"

    async def leaf(me: Annotated[Authentication, Security(bearer, scopes=["rating"])]) -> str | None:
        return me.subject

    async def chat(websocket: WebSocket, me: BothScopes) -> None:
        await websocket.accept()
        await websocket.send_text(me.subject or "")

    for path, view in (("/depends", depends), ("/decorated", decorated), ("/sync", in_sync)):
        app.get(path)(view)
        app.head(path, include_in_schema=False)(view)
    router.get("/leaf")(leaf)
    app.include_router(router, prefix="/router")
    app.websocket("/chat")(chat)
    return app


def wrapped(app: Any = None, **settings: Any) -> Any:
    return AsgiMiddleware(app or build(), resource_server(**settings), anonymous=True)


def added(app: Any = None) -> Any:
    app = app or build()
    app.add_middleware(AsgiMiddleware, server=resource_server(), anonymous=True)
    return app


def drive(app: Any, path: str = "/", token: str | None = None, method: str = "GET", **more: Any) -> Any:
    headers = [*more.pop("headers", ()), *(field(token) if token else ())]
    scope = asgi_scope(method, path, headers=headers, **more)
    return reply_of(asyncio.run(drive_asgi(app, scope, pieces(b""))))


def connect(app: Any, token: str, *, denial: bool = True) -> list[dict[str, Any]]:
    scope = asgi_scope(path="/chat", headers=field(token), scheme="wss")
    scope |= {"type": "websocket", "extensions": {"websocket.http.response": {}} if denial else {}}
    return asyncio.run(drive_asgi(app, scope, [{"type": "websocket.connect"}]))


def one_route(view: Any, **options: Any) -> FastAPI:
    app = FastAPI(**options)
    app.get("/")(view)
    return app


@pytest.mark.parametrize("guard", [wrapped, added])
@pytest.mark.parametrize("path", ["/depends", "/decorated", "/sync"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(case: Case, path: str, guard: Any) -> None:
    """By dependency and by decorator."""
    scope = asgi_scope(case.method, path, scheme=case.scheme, headers=list(case.headers.items()))
    start, body = asyncio.run(drive_asgi(guard(), scope, pieces(b"")))
    expected = (case.status, expected_fields(case), case.body)
    assert expected == (start["status"], start["headers"], body["body"])


@pytest.mark.parametrize("path", ["/depends", "/decorated", "/sync", "/router/leaf"])
def test_a_good_token_passes(path: str) -> None:
    """And the view has who sent it."""
    assert (200, "alice") == ((reply := drive(wrapped(), path, "both")).status, reply.json())


def test_scopes_of_a_router_are_asked_for_besides() -> None:
    """A token needs both; the one without the router's is refused for that."""
    assert [403, 403] == [drive(wrapped(), "/router/leaf", token).status for token in ("tag", "none")]
    assert 'scope="tag"' in drive(wrapped(), "/router/leaf", "none").challenge


def test_one_of_several_scopes() -> None:
    """`any_of` in a scheme of its own."""

    async def view(me: Annotated[Authentication, Depends(BearerScheme(any_of("tag", "rating")))]) -> None: ...

    app = wrapped(one_route(view))
    assert [200, 403] == [drive(app, token=token).status for token in ("tag", "none")]


def test_authentication_is_a_dependency_too() -> None:
    """For a route that serves everybody: None where no token came."""

    async def view(me: Annotated[Authentication | None, Depends(authentication)]) -> str | None:
        return me.subject if me else None

    app = wrapped(one_route(view))
    assert ["alice", None] == [drive(app, token="both").json(), drive(app).json()]


def test_openapi_shows_the_scheme_and_the_scopes() -> None:
    """As FastAPI shows its own."""
    shown = build().openapi()
    assert {"bearer": {"type": "http", "scheme": "bearer"}} == shown["components"]["securitySchemes"]
    assert [{"bearer": ["tag", "rating"]}] == shown["paths"]["/depends"]["get"]["security"]
    assert ["extra"] == [one["name"] for one in shown["paths"]["/decorated"]["get"]["parameters"]]


def test_openapi_shows_a_scheme_by_its_name_and_description() -> None:
    """For an API with words of its own."""

    async def view(me: Annotated[Authentication, Depends(TOKEN)]) -> None: ...

    shown = one_route(view).openapi()["components"]["securitySchemes"]
    assert {"token": {"type": "http", "scheme": "bearer", "description": "Ask us."}} == shown


def test_a_websocket_is_refused_before_it_is_accepted() -> None:
    """With the same answer, byte for byte, where the server can send one."""
    start, body = connect(wrapped(), "tag")
    case = CASES[3]
    assert ("websocket.http.response.start", 403) == (start["type"], start["status"])
    assert (expected_fields(case), case.body) == (start["headers"], body["body"])


def test_a_websocket_is_closed_where_the_server_cannot_answer() -> None:
    """1008, before it is accepted."""
    (sent,) = connect(wrapped(), "tag", denial=False)
    assert ("websocket.close", 1008) == (sent["type"], sent["code"])


def test_a_good_websocket_talks() -> None:
    """The dependency gives who is there."""
    assert ["websocket.accept", "websocket.send"] == [one["type"] for one in connect(wrapped(), "both")]


@pytest.mark.parametrize("path", ["/depends", "/decorated"])
def test_behind_no_middleware_it_is_the_programmers_mistake(path: str) -> None:
    """A 500, and the log says why."""
    with pytest.raises(ConfigurationError) as raised:
        drive(build(), path)
    assert NOT_GUARDED == str(raised.value)


def test_a_scope_that_cannot_be_one_is_found_where_it_is_written() -> None:
    """In a scheme of one's own at once, in Security(...) by the list of unprotected routes."""
    with pytest.raises(ConfigurationError, match="'tag rating' cannot be a scope"):
        BearerScheme("tag rating")
    with pytest.raises(ConfigurationError, match=r"requires\(\) takes scope names, .* not list"):
        BearerScheme(["tag"])  # type: ignore[arg-type]

    async def view(me: Annotated[Authentication, Security(bearer, scopes=["tag rating"])]) -> None: ...

    with pytest.raises(ConfigurationError, match="'tag rating' cannot be a scope"):
        unprotected_routes(one_route(view))


@pytest.mark.parametrize(
    ("token", "body", "by_dependency", "by_decorator"),
    [("none", b"{", 422, 422), ("none", b"[]", 403, 422), ("bad", b"{", 401, 401)],
)
def test_a_bad_body_may_be_answered_before_a_missing_scope(
    token: str, body: bytes, by_dependency: int, by_decorator: int
) -> None:
    """FastAPI reads it first; the middleware, and so a bad token, comes before either."""

    async def depends(me: BothScopes, tag: Annotated[dict[str, str], Body()]) -> None: ...

    @requires("tag", "rating")
    async def decorated(request: Request, tag: Annotated[dict[str, str], Body()]) -> None: ...

    app = FastAPI()
    app.post("/depends")(depends)
    app.post("/decorated")(decorated)
    headers = [*field(token), ("content-type", "application/json")]
    scopes = [asgi_scope("POST", path, headers=headers) for path in ("/depends", "/decorated")]
    found = [reply_of(asyncio.run(drive_asgi(wrapped(app), scope, pieces(body)))).status for scope in scopes]
    assert [by_dependency, by_decorator] == found


def test_a_generator_is_told_to_depend() -> None:
    """FastAPI streams what a generator yields, so a decorator could not answer in its place."""

    async def lines(request: Request) -> Any:
        yield "a"

    with pytest.raises(ConfigurationError, match=r"Security\(bearer"):
        requires("tag")(lines)


def test_fields_that_cors_adds_survive() -> None:
    """A refusal by dependency is readable across origins, with CORSMiddleware on either side."""
    cors = Middleware(CORSMiddleware, allow_origins=["*"])
    reply = drive(
        wrapped(build(middleware=[cors])), "/depends", "tag", headers=[("origin", "https://x.example")]
    )
    assert (403, ["*"], CASES[3].body) == (reply.status, reply.all("access-control-allow-origin"), reply.body)


def test_compression_does_not_touch_our_body() -> None:
    """What FastAPI wrote in its place may have been compressed on the way."""
    app = wrapped(build(middleware=[Middleware(GZipMiddleware, minimum_size=0)]))
    reply = drive(app, "/depends", "tag", headers=[("accept-encoding", "gzip")])
    assert (CASES[3].body, []) == (reply.body, reply.all("content-encoding"))


def test_an_exception_handler_of_the_applications_own_has_the_last_word() -> None:
    """It finds status, description and fields; passing the fields on is passing our answer on."""
    app = build()

    @app.exception_handler(StarletteHTTPException)
    async def handle(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"sorry": error.detail}, error.status_code)

    reply = drive(wrapped(app), "/depends", "tag")
    assert (403, {"sorry": "The access token does not carry the scope that this needs."}) == (
        reply.status,
        reply.json(),
    )
    assert (401, 'Bearer realm="api"') == drive(wrapped(app), "/depends").brief


class Other(Bearer):
    """A second scheme, as DPoP will be."""

    name = "Other"

    def challenge(self, realm: str, refusal: Refusal | None) -> str:
        return f'Other realm="{realm}"'


def test_several_challenges_go_out_as_one_field() -> None:
    """RFC 9110 section 5.3: a list may be sent in one line or in several."""
    schemes: list[Scheme] = [Bearer(), Other()]
    (challenge,) = drive(wrapped(schemes=schemes), "/depends").all("www-authenticate")
    assert 'Bearer realm="api", Other realm="api"' == challenge


def test_a_dependency_can_be_overridden_in_a_test() -> None:
    """FastAPI's own way works on it too."""
    app = build()
    app.dependency_overrides[bearer] = lambda: type("Me", (), {"subject": "bob"})
    assert "bob" == drive(app, "/depends").json()


async def open_view() -> None: ...


def listed() -> FastAPI:
    app = build(openapi_url=None)
    inner = APIRouter()
    inner.get("/open")(open_view)
    inner.websocket("/open")(open_view)
    guarded = APIRouter()
    guarded.get("/covered")(open_view)
    app.include_router(inner, prefix="/inner")
    app.include_router(guarded, prefix="/guarded", dependencies=[Security(bearer, scopes=["tag"])])
    app.get("/deep", dependencies=[Depends(through)])(open_view)
    app.mount("/bare", App().asgi)
    return app


async def through(me: Annotated[Authentication, Depends(bearer)]) -> None: ...


LISTED = ["* /bare/*", "GET /inner/open", "WEBSOCKET /inner/open"]


def test_routes_that_do_not_say_what_they_require_are_listed() -> None:
    """A dependency says so, of the route, of its router or of another dependency."""
    assert LISTED == unprotected_routes(listed())


def test_routes_are_listed_where_fastapi_copies_those_of_a_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older releases have no contexts of routes."""
    monkeypatch.delattr(fastapi.routing, "iter_route_contexts", raising=False)
    app = FastAPI(openapi_url=None)
    app.get("/open")(open_view)
    assert ["GET /open"] == unprotected_routes(app)


def test_fastapis_own_pages_are_listed_unless_public() -> None:
    """They tell strangers what there is: that should be meant."""
    app = AsgiMiddleware(one_route(open_view), resource_server(), public=("/docs", "/openapi.json"))
    assert ["GET /", "GET /docs/oauth2-redirect", "GET /redoc"] == unprotected_routes(app)


def test_a_response_of_a_decorated_view_goes_out_as_it_is() -> None:
    """The decorator does not stand in the way of FastAPI's own handling."""

    @requires("tag")
    async def view(request: Request) -> Response:
        return PlainTextResponse("plain")

    assert b"plain" == drive(wrapped(one_route(view)), token="tag").body
