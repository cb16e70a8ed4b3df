"""What Django's views ask for, whichever way the project is guarded."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.utils.deprecation import MiddlewareMixin
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from bearerguard import ConfigurationError, WsgiMiddleware, any_of
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters._views import NO_REQUEST
from bearerguard.adapters.django import authentication, requires, unprotected_routes
from tests.adapters.django_project import KINDS, OWN_KINDS, Project, urlconf
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import bearer, wsgi_environ

both = requires("tag", "rating")


@both
def function(request: HttpRequest) -> HttpResponse:
    return HttpResponse("welcome")


@both
async def coroutine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("welcome")


class Handlers(View):
    @both
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")

    def put(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")


class AsyncHandlers(View):
    @both
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")


@method_decorator(both, name="dispatch")
class Dispatching(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")


@method_decorator(both, name="dispatch")
class AsyncDispatching(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")


class OwnDispatch(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")

    @both
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)


class Plain(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")


class AsyncPlain(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome")


VIEWS: dict[str, Any] = {
    "function": function,
    "coroutine": coroutine,
    "handlers": Handlers.as_view(),
    "async-handlers": AsyncHandlers.as_view(),
    "dispatching": Dispatching.as_view(),
    "async-dispatching": AsyncDispatching.as_view(),
    "own-dispatch": OwnDispatch.as_view(),
    "as-view": both(Plain.as_view()),
    "async-as-view": both(AsyncPlain.as_view()),
}


def whose(request: HttpRequest) -> HttpResponse:
    found = authentication(request)
    return HttpResponse(found.subject if found else "nobody")


PATTERNS = [path(name, view) for name, view in VIEWS.items()]


def project(kind: str, *patterns: Any, **more: Any) -> Project:
    return Project(kind, resource_server(), [*PATTERNS, *patterns], {"anonymous": True}, **more)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(case: Case, kind: str, view: str) -> None:
    """RFC 6750 section 3.1: Django adds no Content-Type, and changes no field."""
    headers = list(case.headers.items())
    reply = project(kind).answer(path=f"/{view}", method=case.method, scheme=case.scheme, headers=headers)
    fields = [(name.encode(), value.encode()) for name, value in reply.headers]
    assert (case.status, expected_fields(case), case.body) == (reply.status, fields, reply.body)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_good_token_passes(kind: str, view: str) -> None:
    """The view answers, plain or async, function or class."""
    reply = project(kind).answer(path=f"/{view}", headers=bearer("both"))
    assert (200, b"welcome") == (reply.status, reply.body)


@pytest.mark.parametrize(
    ("asked", "token", "status"),
    [
        (requires(any_of("tag", "rating")), "tag", 200),
        (requires(any_of("tag", "rating")), "none", 403),
        (requires(), "none", 200),
        (requires(), "client", 200),
    ],
)
def test_one_or_any(asked: Any, token: str, status: int) -> None:
    """`any_of` is one of them, `requires()` any good token."""
    pattern = path("view", asked(lambda request: HttpResponse()))
    assert status == project(KINDS[0], pattern).answer(path="/view", headers=bearer(token)).status


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_learns_who_asks(kind: str) -> None:
    """`authentication(request)` gives what the middleware found."""
    guarded = project(kind, path("whose", whose))
    bodies = [guarded.answer(path="/whose", headers=headers).body for headers in (bearer("tag"), [])]
    assert [b"alice", b"nobody"] == bodies


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_djangos_own_clients_get_the_same(client: Any) -> None:
    """What users test with; `secure=True` is https."""
    kind = OWN_KINDS[client is AsyncClient]
    with project(kind).running():
        answer = client().get("/function", secure=True, headers={"authorization": "Bearer tag"})
        response = asyncio.run(answer) if asyncio.iscoroutine(answer) else answer
    assert (403, "tag rating") == (response.status_code, response.json()["scope"])


def test_a_request_that_wraps_djangos_will_do() -> None:
    """As REST framework's does: whatever has its META, as a keyword too."""
    with project(KINDS[0]).running():
        environ = wsgi_environ(headers=bearer("both"))
        WsgiMiddleware(lambda environ, start_response: [], resource_server())(environ, lambda *_: None)
        wrapping = SimpleNamespace(META=environ, method="GET")
        assert 200 == function(request=wrapping).status_code  # type: ignore[call-arg]


class Session(MiddlewareMixin):
    """A middleware that has somebody logged in, whoever sends the token."""

    def process_request(self, request: Any) -> None:
        request.user = SimpleNamespace(is_authenticated=True, subject="visitor", pk=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("places", ["before", "behind"])
def test_somebody_who_is_logged_in_does_not_pass_without_a_token(kind: str, places: str) -> None:
    """A session is no token, whichever middleware comes first."""
    guarded = project(kind, **{places: [f"{__name__}.Session"]})
    assert 401 == guarded.answer(path="/function").status


def show_user(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.user.subject)  # type: ignore[attr-defined]


async def show_user_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse((await request.auser()).subject)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", [show_user, show_user_async])
def test_inside_a_guarded_view_the_user_is_the_tokens(kind: str, view: Any) -> None:
    """A stranger's token must not make a visitor's session act."""
    guarded = project(kind, path("user", requires()(view)), behind=[f"{__name__}.Session"])
    assert b"alice" == guarded.answer(path="/user", headers=bearer("none")).body


@pytest.mark.parametrize("kind", KINDS)
def test_outside_the_user_is_the_sessions(kind: str) -> None:
    """Django's own login stays what it was."""
    guarded = project(kind, path("user", show_user), behind=[f"{__name__}.Session"])
    assert b"visitor" == guarded.answer(path="/user", headers=bearer("both")).body


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_does_not_log_anybody_in(kind: str) -> None:
    """Past the scopes, every view behind `login_required` would be open to every token."""
    guarded = project(
        kind,
        path("account", login_required(lambda request: HttpResponse("account"))),
        behind=[f"{__name__}.Nobody"],
    )
    assert 302 == guarded.answer(path="/account", headers=bearer("both")).status


class Nobody(MiddlewareMixin):
    """A middleware that has nobody logged in, as Django's own without a session."""

    def process_request(self, request: Any) -> None:
        request.user = SimpleNamespace(is_authenticated=False)


def test_a_token_is_no_remote_user() -> None:
    """RemoteUserMiddleware would log it in."""
    seen: list[Any] = []
    pattern = path("meta", lambda request: seen.append(request.META.get("REMOTE_USER")) or HttpResponse())
    project(KINDS[0], pattern).answer(path="/meta", headers=bearer("both"))
    assert [None] == seen


@pytest.mark.parametrize("ask", [function, authentication])
def test_behind_no_middleware_it_fails_loudly(ask: Any) -> None:
    """A route that nothing guards is a 500, never a pass."""
    request = RequestFactory().get("/", headers={"authorization": "Bearer both"})
    with pytest.raises(ConfigurationError) as raised:
        ask(request)
    assert NOT_GUARDED == str(raised.value)


def test_a_view_without_a_request_fails_loudly() -> None:
    """Whatever else it was called with, nobody can tell who asks."""
    with pytest.raises(ConfigurationError) as raised:
        function(object())  # type: ignore[arg-type]
    assert NO_REQUEST == str(raised.value)


def test_a_class_is_not_wrapped() -> None:
    """`method_decorator(..., name="dispatch")` is the way."""
    with pytest.raises(ConfigurationError, match="on views and their methods"):
        both(Plain)


@pytest.mark.parametrize("scope", [function, "a b"])
def test_a_bad_argument_is_found_where_it_is_written(scope: Any) -> None:
    """`@requires` that was not called, and a scope with a space (RFC 6749 section 3.3)."""
    with pytest.raises(ConfigurationError):
        requires(scope)


@pytest.mark.parametrize("exempt", [True, False])
def test_csrf_has_to_be_exempted(exempt: bool) -> None:
    """Django asks every POST for its cookie; the mark may stand below our decorator."""
    view = requires()(
        csrf_exempt(lambda request: HttpResponse()) if exempt else lambda request: HttpResponse()
    )
    guarded = project(KINDS[0], path("post", view), behind=["django.middleware.csrf.CsrfViewMiddleware"])
    expected = 200 if exempt else 403
    assert expected == guarded.answer(method="POST", path="/post", headers=bearer("none")).status


NESTED = [
    *PATTERNS,
    path(
        "api/", include([path("open/<int:id>", whose), re_path(r"^old/(\d+)$", whose), path("ok", function)])
    ),
    path("half", Handlers.as_view()),
    path("less", Plain.as_view(http_method_names=["get", "options"])),
    path("health", whose),
]
OPEN = ["* /api/old/(\\d+)", "* /api/open/<int:id>", "* /health", "GET /less", "PUT /half", "PUT /handlers"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_routes_that_ask_for_nothing_are_listed(kind: str) -> None:
    """For a test of the user's own: functions, handlers, regular expressions, includes."""
    with Project(kind, resource_server(), NESTED).running() as app:
        assert OPEN == unprotected_routes(app)


@pytest.mark.parametrize("kind", KINDS)
def test_public_routes_are_not_listed(kind: str) -> None:
    """They are open on purpose, wherever that is said."""
    public = {"public": ("/health", "/api/*")}
    with Project(kind, resource_server(), NESTED, public).running() as app:
        assert ["GET /less", "PUT /half", "PUT /handlers"] == unprotected_routes(app)


def test_a_urlconf_can_be_named() -> None:
    """As a module, for projects with several; without a guard in the settings too."""
    with Project(KINDS[0], resource_server(), []).running():
        del settings.BEARERGUARD
        assert ["* /x"] == unprotected_routes(urlconf([path("x", whose), path("y", function)]))
        assert [] == unprotected_routes()
