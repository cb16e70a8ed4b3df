"""What a view that takes a Werkzeug request asks for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from bearerguard import ConfigurationError, WsgiMiddleware
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters._views import NO_REQUEST
from bearerguard.adapters.werkzeug import authentication, requires
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import Reply, bearer, call_wsgi, wsgi_environ

both = requires("tag", "rating")


@both
def function(request: Request) -> Response:
    return Response("welcome")


class Views:
    @both
    def method(self, request: Request, **values: Any) -> Response:
        return Response("welcome")


@both
async def coroutine(request: Request) -> Response:
    return Response("welcome")


def wsgi(view: Any) -> Any:
    """Make an application of one view, as a Werkzeug application does after routing."""
    return Request.application(view)


VIEWS = {
    "function": function,
    "method": Views().method,
    "named": lambda request: function(request=request),
    "coroutine": lambda request: asyncio.run(coroutine(request)),
}


def answer(app: Any, **request: Any) -> Reply:
    guarded = WsgiMiddleware(app, resource_server(), anonymous=True)
    return call_wsgi(guarded, wsgi_environ(**request))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(case: Case, view: str) -> None:
    """RFC 6750 section 3.1: Werkzeug adds no Content-Type, and changes no field."""
    app = wsgi(VIEWS[view])
    reply = answer(app, method=case.method, scheme=case.scheme, headers=list(case.headers.items()))
    fields = [(name.encode(), value.encode()) for name, value in reply.headers]
    assert (case.status, expected_fields(case), case.body) == (reply.status, fields, reply.body)


@pytest.mark.parametrize("view", VIEWS)
def test_a_good_token_passes(view: str) -> None:
    """The view answers."""
    reply = answer(wsgi(VIEWS[view]), headers=bearer("both"))
    assert (200, b"welcome") == (reply.status, reply.body)


def test_the_status_line_is_the_middlewares_own() -> None:
    """Werkzeug would write its phrases in capitals."""
    lines: list[str] = []
    for anonymous in (True, False):
        guarded = WsgiMiddleware(wsgi(function), resource_server(), anonymous=anonymous)
        guarded(wsgi_environ(), lambda status, headers: lines.append(status))
    assert ["401 Unauthorized", "401 Unauthorized"] == lines


def test_a_view_learns_who_asks() -> None:
    """`authentication(request)` gives what the middleware found."""

    def view(request: Request) -> Response:
        found = authentication(request)
        return Response(found.subject if found else "nobody")

    replies = [answer(wsgi(view), headers=headers).body for headers in (bearer("tag"), [])]
    assert [b"alice", b"nobody"] == replies


@pytest.mark.parametrize("ask", [both(lambda request: Response()), authentication])
def test_behind_no_middleware_it_fails_loudly(ask: Any) -> None:
    """A route that nothing guards is a 500, never a pass."""
    with pytest.raises(ConfigurationError) as raised:
        ask(Request(wsgi_environ(headers=bearer("both"))))
    assert NOT_GUARDED == str(raised.value)


def test_a_view_without_a_request_fails_loudly() -> None:
    """Whatever else it was called with, nobody can tell who asks."""
    with pytest.raises(ConfigurationError) as raised:
        both(lambda value: Response())("no request")
    assert NO_REQUEST == str(raised.value)


def test_a_class_is_not_wrapped() -> None:
    """Its instances would be made without a look at any token."""
    with pytest.raises(ConfigurationError, match="on views and their methods"):
        both(Views)


def test_a_decorator_that_was_not_called_is_found_where_it_is_written() -> None:
    """`@requires` for `@requires()`: the view would be taken for a scope."""
    with pytest.raises(ConfigurationError, match=r"written requires\(\)"):
        requires(function)
