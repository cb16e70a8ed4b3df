"""What Flask's views ask for, and what Flask makes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, Response
from flask import request as current_request
from flask.views import MethodView, View

from bearerguard import ConfigurationError, WsgiMiddleware, any_of
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters.flask import authentication, protect, requires, unprotected_routes
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import Reply, bearer, call_wsgi, wsgi_environ

both = requires("tag", "rating")


class Methods(MethodView):
    @both
    def get(self) -> str:
        return "welcome"

    @both
    async def post(self) -> str:
        return "welcome"

    def put(self) -> str:
        return "open"


class Decorated(MethodView):
    decorators = [both]  # noqa: RUF012 - as Flask has it

    def get(self) -> str:
        return "welcome"


class Dispatching(View):
    @both
    def dispatch_request(self) -> str:
        return "welcome"


def build() -> Flask:
    app = Flask(__name__)

    @app.get("/plain")
    @both
    def plain() -> str:
        return "welcome"

    @app.get("/coroutine")
    @both
    async def coroutine() -> str:
        return "welcome"

    @app.get("/open")
    def open_to_all() -> str:
        found = authentication()
        return found.subject or "" if found else "nobody"

    app.add_url_rule("/methods", view_func=Methods.as_view("methods"))
    app.add_url_rule("/decorated", view_func=Decorated.as_view("decorated"))
    app.add_url_rule("/dispatching", view_func=Dispatching.as_view("dispatching"))
    inner, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)
    for blueprint in (inner, outer):
        blueprint.add_url_rule("/tags", endpoint="tags", view_func=lambda: "welcome", methods=["GET", "POST"])
    protect(outer, "tag", "rating")
    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    return app


PATHS = ["/plain", "/coroutine", "/methods", "/decorated", "/dispatching", "/outer/tags", "/outer/inner/tags"]


def answer(app: Flask, **request: Any) -> Reply:
    guarded = WsgiMiddleware(app.wsgi_app, resource_server(), anonymous=True)
    return call_wsgi(guarded, wsgi_environ(**request))


@pytest.fixture(scope="module")
def app() -> Flask:
    return build()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(app: Flask, case: Case, path: str) -> None:
    """RFC 6750 section 3.1: Flask adds no Content-Type, and changes no field."""
    headers = list(case.headers.items())
    reply = answer(app, path=path, method=case.method, scheme=case.scheme, headers=headers)
    fields = [(name.encode(), value.encode()) for name, value in reply.headers]
    assert (case.status, expected_fields(case), case.body) == (reply.status, fields, reply.body)


@pytest.mark.parametrize("path", PATHS)
def test_a_good_token_passes(app: Flask, path: str) -> None:
    """The view answers, plain or async."""
    reply = answer(app, path=path, headers=bearer("both"))
    assert (200, b"welcome") == (reply.status, reply.body)


@pytest.mark.parametrize(("token", "status"), [("both", 200), ("tag", 403)])
def test_an_async_method_asks_too(app: Flask, token: str, status: int) -> None:
    """A MethodView may mix plain and async methods."""
    assert status == answer(app, path="/methods", method="POST", headers=bearer(token)).status


def test_a_refusal_goes_through_the_applications_own_hooks(app: Flask) -> None:
    """It is a response like any other: `after_request` sees it, in the application's own class."""

    class OwnResponse(Response):
        pass

    app = build()
    app.response_class = OwnResponse
    seen: list[Response] = []

    @app.after_request
    def note(response: Response) -> Response:
        seen.append(response)
        return response

    answer(app, path="/plain")
    assert [(OwnResponse, 401)] == [(type(one), one.status_code) for one in seen]


@pytest.mark.parametrize(("headers", "who"), [(bearer("tag"), b"alice"), ([], b"nobody")])
def test_a_view_learns_who_asks(app: Flask, headers: Any, who: bytes) -> None:
    """`authentication()` is about the current request."""
    assert who == answer(app, path="/open", headers=headers).body


def test_a_request_can_be_named(app: Flask) -> None:
    """As in every other framework: `authentication(request)`."""
    found: list[Any] = []
    app = build()
    app.add_url_rule("/named", view_func=lambda: found.append(authentication(current_request)) or "")
    answer(app, path="/named", headers=bearer("tag"))
    assert ["alice"] == [one.subject for one in found]


def test_protect_leaves_flasks_own_answers_to_options_alone(app: Flask) -> None:
    """A CORS preflight comes without a token (Fetch, "CORS-preflight fetch"), and no view runs."""
    assert 200 == answer(app, path="/outer/tags", method="OPTIONS").status


def test_protect_asks_on_options_that_a_view_answers() -> None:
    """Where the application's code runs, a token is needed."""
    app = Flask(__name__)
    protect(app, "tag")
    app.add_url_rule("/tags", view_func=lambda: "welcome", methods=["OPTIONS"])
    assert [401, 200] == [
        answer(app, path="/tags", method="OPTIONS", headers=headers).status for headers in ([], bearer("tag"))
    ]


def test_protect_asks_before_a_path_is_known_to_be_none() -> None:
    """A stranger does not learn which paths there are."""
    app = Flask(__name__)
    protect(app, any_of("tag", "rating"))
    statuses = [answer(app, path="/nowhere", headers=headers).status for headers in ([], bearer("tag"))]
    assert [401, 404] == statuses


def test_behind_no_middleware_it_fails_loudly(app: Flask) -> None:
    """A route that nothing guards is a 500, never a pass."""
    assert 500 == call_wsgi(app, wsgi_environ(path="/plain", headers=bearer("both"))).status


def test_behind_no_middleware_the_log_says_so(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """The cure is in the application's own log."""
    call_wsgi(app, wsgi_environ(path="/open"))
    [record] = caplog.records
    assert record.exc_info is not None
    assert (ConfigurationError, NOT_GUARDED) == (record.exc_info[0], str(record.exc_info[1]))


@pytest.mark.parametrize("misused", [lambda view: requires(view), lambda view: requires("a b")])
def test_a_bad_argument_is_found_where_it_is_written(misused: Callable[..., Any]) -> None:
    """`@requires` that was not called, and a scope with a space (RFC 6749 section 3.3)."""
    with pytest.raises(ConfigurationError):
        misused(lambda: "view")


def test_a_class_is_not_wrapped() -> None:
    """`decorators`, or its methods, are the place."""
    with pytest.raises(ConfigurationError, match="on views and their methods"):
        both(Methods)


def test_protect_finds_a_bad_scope_where_it_is_written() -> None:
    """RFC 6749 section 3.3."""
    with pytest.raises(ConfigurationError, match="cannot be a scope"):
        protect(Blueprint("api", __name__), "tag rating")


def test_protect_without_its_blueprint_is_found_where_it_is_written() -> None:
    """The scope would be taken for the blueprint."""
    with pytest.raises(ConfigurationError, match=r"takes a blueprint or an application first, .* not str"):
        protect("admin")  # type: ignore[arg-type]


def test_the_routes_that_ask_for_nothing_are_listed(app: Flask) -> None:
    """For a test of the user's own; what Flask answers itself is not a route."""
    expected = ["GET /open", "GET /static/<path:filename>", "PUT /methods"]
    assert expected == unprotected_routes(app)


def test_public_routes_are_not_listed() -> None:
    """They are open on purpose, whichever way the middleware was put around the application."""
    app = build()
    app.wsgi_app = WsgiMiddleware(app.wsgi_app, resource_server(), public=("/static/*",))  # type: ignore[method-assign]
    assert ["PUT /methods"] == unprotected_routes(WsgiMiddleware(app, resource_server(), public=("/open",)))


def test_routes_under_protect_are_not_listed() -> None:
    """On the whole application it covers all of them, its static files too."""
    app = build()
    protect(app)
    assert [] == unprotected_routes(app)


def test_a_view_of_its_own_for_head_or_options_is_listed() -> None:
    """It runs the application's code."""

    class Unusual(MethodView):
        @both
        def get(self) -> str:
            return "welcome"

        def head(self) -> str:
            return ""

    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/unusual", view_func=Unusual.as_view("unusual"))
    app.add_url_rule("/asked", view_func=lambda: "", methods=["OPTIONS"])
    assert ["HEAD /unusual", "OPTIONS /asked"] == unprotected_routes(app)
