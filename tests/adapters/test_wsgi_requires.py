"""What a bare WSGI application asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from bearerguard import ConfigurationError, WsgiMiddleware, any_of
from bearerguard.adapters import NOT_GUARDED
from bearerguard.adapters.wsgi import authentication, requires
from bearerguard.scopes import requirement
from tests.adapters.refusals import CASES, Case, expected_fields, resource_server
from tests.support import App, Reply, bearer, call_wsgi, wsgi_environ


def answer(app: Any, *, token: str | None = None, **request: Any) -> Reply:
    headers = [] if token is None else bearer(token)
    guarded = WsgiMiddleware(app, resource_server(), anonymous=True)
    return call_wsgi(guarded, wsgi_environ(**{"headers": headers, **request}))


def bytes_of(reply: Reply) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    return reply.status, [(name.encode(), value.encode()) for name, value in reply.headers], reply.body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_is_the_middlewares_own_to_the_byte(case: Case) -> None:
    """RFC 6750 section 3.1: status, challenge and body, in the route's order of scopes."""
    app = requires("tag", "rating")(App().wsgi)
    reply = answer(app, method=case.method, scheme=case.scheme, headers=list(case.headers.items()))
    assert (case.status, expected_fields(case), case.body) == bytes_of(reply)


@pytest.mark.parametrize(
    ("asked", "token", "status"),
    [
        (requires("tag", "rating"), "both", 200),
        (requires("tag", any_of("rating", "tag")), "tag", 200),
        (requires(any_of("tag", "rating")), "none", 403),
        (requires(), "none", 200),
        (requires(), "client", 200),
    ],
)
def test_all_one_or_any(asked: Any, token: str, status: int) -> None:
    """`requires("a", "b")` is both, `any_of` one of them, `requires()` any good token."""
    assert status == answer(asked(App().wsgi), token=token).status


class Tags:
    @requires("tag")
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return App().wsgi(environ, start_response)


@pytest.mark.parametrize(("token", "status"), [("tag", 200), ("none", 403)])
def test_methods_can_ask_too(token: str, status: int) -> None:
    """A mounted application is often an object: its self comes before the environ."""
    assert status == answer(Tags(), token=token).status


@pytest.mark.parametrize(("token", "status"), [("tag", 200), ("none", 403)])
def test_generators_can_ask_too(token: str, status: int) -> None:
    """An application that yields its answer has not begun when it is refused."""

    @requires("tag")
    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        yield from App().wsgi(environ, start_response)

    assert status == answer(app, token=token).status


def test_an_application_learns_who_asks() -> None:
    """`authentication(environ)` gives what the middleware found."""
    app = App()
    answer(app.wsgi, token="tag")
    found = authentication(app.seen[-1])
    assert found is not None
    assert ("alice", "app", {"tag"}) == (found.subject, found.client_id, found.scopes)


def test_an_application_learns_that_nobody_asks() -> None:
    """None where no token came and `anonymous=True` let the request in."""
    app = App()
    answer(app.wsgi)
    assert authentication(app.seen[-1]) is None


def test_behind_no_middleware_it_fails_loudly() -> None:
    """A route that nothing guards is a 500, never a pass: the server makes it of the exception."""
    with pytest.raises(ConfigurationError) as raised:
        call_wsgi(requires()(App().wsgi), wsgi_environ(headers=bearer("both")))
    assert NOT_GUARDED == str(raised.value)


def test_asking_behind_no_middleware_fails_loudly() -> None:
    """Nobody knows who this is, which is another thing than nobody."""
    with pytest.raises(ConfigurationError) as raised:
        authentication(wsgi_environ(headers=bearer("both")))
    assert NOT_GUARDED == str(raised.value)


@pytest.mark.parametrize("scopes", [("a b",), ("",), ("a", 'b"'), (b"a",), (None,)])
def test_what_cannot_be_a_scope_is_found_where_it_is_written(scopes: Any) -> None:
    """RFC 6749 section 3.3: a scope name that could not stand in a challenge."""
    with pytest.raises(ConfigurationError):
        requires(*scopes)


def test_a_decorator_that_was_not_called_is_found_where_it_is_written() -> None:
    """`@requires` for `@requires()`: the application would be taken for a scope."""
    with pytest.raises(ConfigurationError, match=r"written requires\(\)"):
        requires(App().wsgi)  # type: ignore[arg-type]


def test_a_class_is_not_wrapped() -> None:
    """Its instances would be the application, and the class their maker."""
    with pytest.raises(ConfigurationError, match="on views and their methods"):
        requires("tag")(App)


@pytest.mark.parametrize(
    ("view", "takes"),
    [(lambda: "", ""), (lambda environ: "", "environ"), (lambda self, request: "", "request")],
)
def test_what_is_no_wsgi_application_is_found_where_it_is_written(view: Any, takes: str) -> None:
    """A view of Flask's, say, which has a decorator of its own."""
    with pytest.raises(ConfigurationError) as raised:
        requires("tag")(view)
    assert (
        "requires() here goes on a WSGI application, def app(environ, start_response), "
        f"not on one that takes ({takes})"
    ) == str(raised.value)


def test_a_wsgi_application_may_take_more_than_it_is_given() -> None:
    """What counts is that it can be called as PEP 3333 does."""

    @requires("tag")
    def app(*arguments: Any, **options: Any) -> Iterable[bytes]:
        return App().wsgi(*arguments)

    assert 200 == answer(app, token="tag").status


def test_the_application_stays_itself_and_is_marked() -> None:
    """Name and docstring are the application's, `__bearerguard__` says what it asks for."""

    @requires("tag")
    def tags(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The tags."""
        return []

    assert ("tags", "The tags.") == (tags.__name__, tags.__doc__)
    assert requirement("tag") == tags.__bearerguard__  # type: ignore[attr-defined]
