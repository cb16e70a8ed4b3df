"""What users' own tests build on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import flask
import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client as WerkzeugClient

from bearerguard import AccessToken, AsgiMiddleware, Cached, ConfigurationError, StoredTokens, WsgiMiddleware
from bearerguard.adapters.flask import authentication as flask_authentication
from bearerguard.adapters.flask import requires as flask_requires
from bearerguard.adapters.starlette import authentication, requires
from bearerguard.adapters.wsgi import requires as wsgi_requires
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.testing import authenticated, https, unprotected_routes
from tests.support import Clock, asgi_scope, bearer, drive_asgi, pieces, reply_of, server

pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

SEEN = ["alice", "test-client", ["tag"]]
STARTED: list[str] = []


class Untouchable(MemoryTokenStore):
    """A store that must not be asked."""

    def find(self, digest: bytes) -> Any:
        raise AssertionError("a test without a store has asked one")


def guard(**settings: Any) -> Any:
    return server(Cached(StoredTokens(Untouchable())), now=Clock(), **settings)


@requires("tag")
async def me(request: Request) -> Response:
    found = authentication(request)
    assert found is not None
    return JSONResponse([found.subject, found.client_id, sorted(found.scopes)])


async def chat(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(f"{websocket.url.scheme} {websocket.user.display_name}")
    await websocket.close()


@asynccontextmanager
async def lifespan(app: Any) -> Any:
    STARTED.append("started")
    yield


def starlette_app(**settings: Any) -> Any:
    app = Starlette(routes=[Route("/me", me), WebSocketRoute("/chat", chat)], lifespan=lifespan)
    return AsgiMiddleware(app, guard(**settings))


def flask_app() -> flask.Flask:
    app = flask.Flask(__name__)
    app.secret_key = "for sessions"

    @app.get("/me")
    @flask_requires("tag")
    def view() -> Any:
        found = flask_authentication()
        assert found is not None
        return [found.subject, found.client_id, sorted(found.scopes)]

    app.wsgi_app = WsgiMiddleware(app.wsgi_app, guard())  # type: ignore[method-assign]
    return app


def with_test_client(app: Any, **settings: Any) -> Any:
    from starlette.testclient import TestClient

    return TestClient(app, **settings)


def by_test_client(path: str = "/me", **facts: Any) -> Any:
    return with_test_client(authenticated(starlette_app(), **facts)).get(path)


def by_httpx_asgi(path: str = "/me", **facts: Any) -> Any:
    async def ask() -> Any:
        transport = httpx.ASGITransport(authenticated(starlette_app(), **facts))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get(path)

    return asyncio.run(ask())


def by_httpx_wsgi(path: str = "/me", **facts: Any) -> Any:
    transport = httpx.WSGITransport(authenticated(flask_app(), **facts))
    with httpx.Client(transport=transport, base_url="http://testserver") as client:
        return client.get(path)


def by_flask(path: str = "/me", **facts: Any) -> Any:
    return authenticated(flask_app(), **facts).test_client().get(path)


def by_werkzeug(path: str = "/me", **facts: Any) -> Any:
    return WerkzeugClient(authenticated(flask_app(), **facts)).get(path)


CLIENTS = [by_test_client, by_httpx_asgi, by_httpx_wsgi, by_flask, by_werkzeug]


def json_of(response: Any) -> Any:
    return response.get_json() if hasattr(response, "get_json") else response.json()


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_request_comes_with_a_good_token(ask: Any) -> None:
    """Without TLS, and without the store being asked."""
    response = ask(scopes=["tag"])
    assert (200, SEEN) == (response.status_code, json_of(response))


@pytest.mark.parametrize("ask", CLIENTS)
def test_scopes_count_as_they_do_in_production(ask: Any) -> None:
    """What the token does not carry is refused."""
    response = ask(scopes=["rating"])
    assert (403, "insufficient_scope") == (response.status_code, json_of(response)["error"])


@pytest.mark.parametrize("facts", [{"expires_at": 999_999.0}, {"audience": "https://elsewhere.example"}])
def test_expiry_and_audience_count_as_they_do_in_production(facts: Any) -> None:
    """The real procedure judges the facts."""
    assert 401 == by_test_client(scopes=["tag"], **facts).status_code


def test_every_fact_can_be_given() -> None:
    """As a verifier would give them."""
    seen: list[AccessToken] = []

    def load_user(facts: AccessToken) -> object:
        seen.append(facts)
        return object()

    app = starlette_app(load_user=load_user)
    facts = {"subject": "bob", "issuer": "https://as.example", "claims": {"a": 1}, "expires_at": 2_000_000.0}
    wrapped = authenticated(app, scopes=["tag"], audience=["https://api.example.org", "x"], **facts)  # type: ignore[arg-type]
    assert 200 == with_test_client(wrapped).get("/me").status_code
    assert [("bob", "https://as.example", {"a": 1}, 2_000_000.0)] == [
        (one.subject, one.issuer, one.claims, one.expires_at) for one in seen
    ]


def test_no_subject_is_an_application() -> None:
    """RFC 6749 section 4.4: it speaks for itself."""
    assert [None, "test-client", ["tag"]] == by_test_client(subject=None, scopes=["tag"]).json()


def test_a_websocket_comes_over_wss() -> None:
    """The handshake is a request as well."""
    client = with_test_client(authenticated(starlette_app()))
    with client.websocket_connect("/chat") as session:
        assert "wss alice" == session.receive_text()


def test_the_lifespan_passes() -> None:
    """`with TestClient(...)` starts the application."""
    STARTED.clear()
    with with_test_client(authenticated(starlette_app())):
        assert ["started"] == STARTED


def test_a_token_of_the_request_is_replaced() -> None:
    """So that a client with a field of its own can be used as it is."""
    app = authenticated(starlette_app(), scopes=["tag"])
    response = with_test_client(app).get("/me", headers={"Authorization": "Bearer other"})
    assert 200 == response.status_code


def test_flasks_sessions_and_configuration_are_there() -> None:
    """The client knows its application through the wrapper."""
    client = authenticated(flask_app(), scopes=["tag"]).test_client()
    with client, client.session_transaction() as session:
        session["a"] = 1
    assert client.application.secret_key == "for sessions"


def test_the_wrapper_has_the_attributes_of_what_it_wraps() -> None:
    """Of the framework's application, behind the middleware."""
    app = authenticated(starlette_app())
    assert "/me" == app.url_path_for("me")
    with pytest.raises(AttributeError, match="no_such_thing"):
        app.no_such_thing  # noqa: B018


def test_https_alone_is_for_tests_of_refusals() -> None:
    """Without a token, but not for want of TLS."""
    app = starlette_app()
    answers = [with_test_client(one).get("/me").status_code for one in (app, https(app))]
    assert [400, 401] == answers
    assert 401 == https(flask_app()).test_client().get("/me").status_code


def test_ports_follow_the_scheme() -> None:
    """A URL that an application builds has no :80 in it."""
    seen: list[Any] = []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope.get("server"))

    def wsgi(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ.get("SERVER_PORT"))
        return []

    for here in (("testserver", 80), ("testserver", 8000), None):
        asyncio.run(drive_asgi(https(asgi), {**asgi_scope(), "server": here}, pieces(b"")))
    for port in ("80", "8000"):
        https(wsgi)({"SERVER_PORT": port}, None)
    assert [("testserver", 443), ("testserver", 8000), None, "443", "8000"] == seen


@pytest.mark.parametrize("forged", [{"subject": "alice"}, "alice", True])
def test_nothing_but_the_facts_themselves_switches_it_on(forged: Any) -> None:
    """A key of that name with anything else in it is not looked at."""
    scope = asgi_scope(path="/me", headers=bearer("test~1"), **{"bearerguard.testing": forged})
    assert 401 == reply_of(asyncio.run(drive_asgi(starlette_app(), scope, pieces(b"")))).status


@pytest.mark.parametrize("app", [None, "app", Starlette, lambda request: None], ids=repr)
def test_what_is_no_application_is_a_mistake(app: Any) -> None:
    """Told apart by how it is called."""
    with pytest.raises(ConfigurationError, match="neither an ASGI application"):
        authenticated(app)


def test_scopes_in_one_string_are_a_mistake() -> None:
    """It would be one letter each."""
    with pytest.raises(ValueError, match="scopes must be several names"):
        authenticated(starlette_app(), scopes="tag rating")


def test_unprotected_routes_are_those_of_the_framework() -> None:
    """Whatever wraps it."""
    fast = FastAPI(openapi_url=None)
    fast.get("/x")(lambda: None)

    async def bare(scope: Any, receive: Any, send: Any) -> None: ...

    def listed(app: Any) -> list[str]:
        return [one for one in unprotected_routes(app) if "/static/" not in one]

    guarded = [AsgiMiddleware(one, guard()) for one in (fast, bare)]
    assert [["GET /x"], ["* /*"]] == [listed(one) for one in guarded]
    assert ["WEBSOCKET /chat"] == listed(authenticated(starlette_app()))
    assert [] == listed(flask_app())
    assert [] == listed(WsgiMiddleware(flask.Flask("x").wsgi_app, guard()))


def bare_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    raise NotImplementedError


def test_what_a_dispatcher_mounts_is_listed_whatever_it_stands_before() -> None:
    """A guard on the application of the root path is none on what is mounted beside it."""
    root = WsgiMiddleware(bare_wsgi, guard())
    assert ["* /*", "* /api/*"] == unprotected_routes(DispatcherMiddleware(root, {"/api": bare_wsgi}))
    sub = flask.Flask("sub", static_folder=None)
    sub.get("/open")(lambda: "open")
    mixed = DispatcherMiddleware(root, {"/api": sub})
    assert ["* /*", "GET /api/open"] == unprotected_routes(mixed)


def test_what_one_application_requires_another_beside_it_does_not() -> None:
    """The wrapper that a test puts around them says nothing of itself."""
    root = wsgi_requires("tag")(bare_wsgi)
    both = DispatcherMiddleware(root, {"/api": bare_wsgi})
    assert ["* /api/*"] == unprotected_routes(authenticated(both))


DJANGO_TEST = """
import asyncio, sys, types
import django
from django.conf import settings
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from bearerguard.adapters.django import authentication, requires
from bearerguard.testing import authenticated, https, unprotected_routes
from tests.test_testing import SEEN, guard

@requires("tag")
def me(request):
    found = authentication(request)
    return JsonResponse([found.subject, found.client_id, sorted(found.scopes)], safe=False)

def where(request):
    return JsonResponse(request.build_absolute_uri(), safe=False)

sys.modules["urls"] = types.ModuleType("urls")
sys.modules["urls"].urlpatterns = [path("me", me), path("where", where)]
settings.configure(
    ROOT_URLCONF="urls",
    ALLOWED_HOSTS=["testserver", "127.0.0.1"],
    MIDDLEWARE=["bearerguard.adapters.django.BearerGuardMiddleware"],
    BEARERGUARD={"server": guard()},
)
django.setup()

plain = Client()
alice = authenticated(plain, scopes=["tag"])
bob = authenticated(plain, subject="bob")
assert SEEN == alice.get("/me").json()
assert [400, 401, 403] == [one.get("/me").status_code for one in (plain, https(plain), bob)]
assert "https://testserver/where" == alice.get("/where").json()
assert ["* /where"] == unprotected_routes(plain.handler)
beside = DispatcherMiddleware(plain.handler, {"/api": lambda environ, start_response: []})
assert ["* /api/*", "* /where"] == unprotected_routes(beside)
below = DispatcherMiddleware(lambda environ, start_response: [], {"/api": plain.handler})
assert ["* /*", "* /api/where"] == unprotected_routes(below)

async def ask():
    plain = AsyncClient()
    alice = authenticated(plain, scopes=["tag"])
    assert SEEN == (await alice.get("/me", headers={"Authorization": "Bearer other"})).json()
    assert [400, 401] == [(await one.get("/me")).status_code for one in (plain, https(plain))]

asyncio.run(ask())
print("done")
"""


def test_djangos_clients_are_wrapped_themselves() -> None:
    """Sync and async, and the client that was given stays as it was."""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", DJANGO_TEST], cwd=root, capture_output=True, text=True, check=False
    )
    assert "done\n" == done.stdout, done.stderr


PLUGIN_TEST = """
def test_it(authenticated):
    from bearerguard.testing import authenticated as expected
    assert authenticated is expected
"""


def test_pytest_has_it_as_a_fixture(tmp_path: Path) -> None:
    """By an entry point once installed; by name here, where it may not be."""
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST)
    plugins = ["-p", "bearerguard.testing_pytest", "-p", "no:bearerguard"]
    command = [sys.executable, "-m", "pytest", "-q", *plugins]
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [*command, "-c", "/dev/null", f"--rootdir={tmp_path}", "-o", f"pythonpath={root}", str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout
