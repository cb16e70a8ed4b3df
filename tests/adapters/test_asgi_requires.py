"""What a bare ASGI application asks for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bearerguard import AsgiMiddleware, ConfigurationError, any_of
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters.asgi import authentication, requires, unprotected_routes
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import App, asgi_scope, bearer, drive_asgi, pieces, reply_of

DENIAL: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}
CONNECT = [{"type": "websocket.connect"}]


def guard(app: Any) -> AsgiMiddleware:
    return AsgiMiddleware(app, resource_server(), anonymous=True)


def drive(app: Any, scope: dict[str, Any], messages: Any = None) -> list[dict[str, Any]]:
    return asyncio.run(drive_asgi(app, scope, pieces(b"") if messages is None else messages))


def websocket(token: str, **more: Any) -> dict[str, Any]:
    scope = asgi_scope(headers=bearer(token), scheme="wss", **more)
    del scope["method"]
    return {**scope, "type": "websocket"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(case: Case) -> None:
    """RFC 6750 section 3.1: status, challenge and body, in the route's order of scopes."""
    app = guard(requires("tag", "rating")(App().asgi))
    scope = asgi_scope(case.method, scheme=case.scheme, headers=list(case.headers.items()))
    start, body = drive(app, scope)
    expected = (case.status, expected_fields(case), case.body)
    assert expected == (start["status"], start["headers"], body["body"])


@pytest.mark.parametrize(
    ("asked", "token", "status"),
    [
        (requires("tag", "rating"), "both", 200),
        (requires(any_of("tag", "rating")), "tag", 200),
        (requires(any_of("tag", "rating")), "none", 403),
        (requires(), "none", 200),
        (requires(), "client", 200),
    ],
)
def test_all_one_or_any(asked: Any, token: str, status: int) -> None:
    """`requires("a", "b")` is both, `any_of` one of them, `requires()` any good token."""
    app = guard(asked(App().asgi))
    assert status == reply_of(drive(app, asgi_scope(headers=bearer(token)))).status


class Tags:
    """An application that is an object, and one that is a method."""

    def __init__(self) -> None:
        self.inner = App()
        self.settings = "its own"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.inner.asgi(scope, receive, send)

    @requires("tag")
    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        await self.inner.asgi(scope, receive, send)


@pytest.mark.parametrize("app", [requires("tag")(Tags()), Tags().method], ids=["object", "method"])
def test_objects_and_methods_can_ask_too(app: Any) -> None:
    """A mounted application is often an object."""
    scopes = [asgi_scope(headers=bearer(token)) for token in ("tag", "none")]
    statuses = [reply_of(drive(guard(app), scope)).status for scope in scopes]
    assert [200, 403] == statuses


def test_an_objects_attributes_stay_its_own() -> None:
    """The wrapper is not a copy that could drift."""
    assert not hasattr(requires("tag")(Tags()), "settings")


def test_a_websocket_is_refused_before_it_is_accepted() -> None:
    """With an answer where the server can send one."""
    start, body = drive(guard(requires("tag", "rating")(App().asgi)), websocket("tag", **DENIAL), CONNECT)
    assert ("websocket.http.response.start", 403) == (start["type"], start["status"])
    assert b"insufficient_scope" in body["body"]


def test_a_websocket_is_closed_where_the_server_cannot_answer() -> None:
    """1008, a policy violation; servers make it a 403."""
    sent = drive(guard(requires("rating")(App().asgi)), websocket("tag"), CONNECT)
    assert [{"type": "websocket.close", "code": 1008}] == sent


def test_the_lifespan_passes() -> None:
    """An application starts and stops without a token."""
    app = App(reads=False)
    drive(requires("tag")(app.asgi), {"type": "lifespan"}, [])
    assert ["lifespan"] == [one["type"] for one in app.seen]


def test_behind_no_middleware_it_is_the_programmers_mistake() -> None:
    """A 500 that says so, never a pass."""
    app = App()
    with pytest.raises(ConfigurationError) as raised:
        drive(requires("tag")(app.asgi), asgi_scope(headers=bearer("both")))
    assert (NOT_GUARDED, []) == (str(raised.value), app.seen)


def test_authentication_is_what_the_middleware_attached() -> None:
    """None where no token came."""
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(authentication(scope))

    drive(guard(app), asgi_scope(headers=bearer("both")))
    drive(guard(app), asgi_scope())
    assert ["alice", None] == [one and one.subject for one in seen]


def test_authentication_behind_no_middleware_is_a_mistake() -> None:
    """Not None: that would read as an anonymous request."""
    with pytest.raises(ConfigurationError, match="wrap the application"):
        authentication(asgi_scope())


async def not_asgi(request: Any) -> None: ...


@pytest.mark.parametrize(
    ("decorate", "message"),
    [
        (lambda: requires(App().asgi), "requires() takes scope names"),  # type: ignore[arg-type]
        (lambda: requires("tag rating"), "'tag rating' cannot be a scope"),
        (lambda: requires("tag")(Tags), "not on a class"),
        (lambda: requires("tag")(not_asgi), "not on one that takes (request)"),
    ],
)
def test_a_mistake_is_found_where_it_is_written(decorate: Any, message: str) -> None:
    """At import, and the text names the cure."""
    with pytest.raises(ConfigurationError) as raised:
        decorate()
    assert message in str(raised.value)


def test_an_application_that_asks_for_nothing_is_listed() -> None:
    """Bare ASGI has no routes: it is all or nothing."""
    asking = requires("tag")(App().asgi)
    assert ([], ["* /*"]) == (unprotected_routes(guard(asking)), unprotected_routes(guard(App().asgi)))
