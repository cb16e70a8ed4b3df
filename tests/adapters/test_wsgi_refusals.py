"""Refusals that a WSGI application raises, before and after its answer began (PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bearerguard import (
    InsufficientScope,
    MissingCredentials,
    Unavailable,
    WsgiMiddleware,
)
from tests.support import (
    BARE,
    App,
    WsgiEdge,
    bearer,
    server,
    wsgi_environ,
)

EDGE = WsgiEdge()


def test_an_application_that_is_a_generator_may_refuse() -> None:
    """It begins to run when its first piece is asked for."""
    closed: list[bool] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        try:
            if environ["PATH_INFO"] == "/closed":
                raise InsufficientScope(("a",))
            start_response("200 OK", [])
            yield b"wel"
            yield b"come"
        finally:
            closed.append(True)

    guarded = WsgiMiddleware(app, server())
    replies = [EDGE.answer(guarded, path=path, headers=bearer("good")) for path in ("/closed", "/open")]
    assert [(403, True), (200, False)] == [(one.status, b"scope" in one.body) for one in replies]
    assert ([True, True], b"welcome") == (closed, replies[1].body)


def test_a_generator_that_is_not_read_to_its_end_is_closed() -> None:
    """PEP 3333: close() is called on what the application gave."""
    closed: list[bool] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        try:
            start_response("200 OK", [])
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    content: Any = WsgiMiddleware(app, server())(wsgi_environ(headers=bearer("good")), lambda *_: None)
    assert b"a" == next(iter(content))
    content.close()
    assert [True] == closed


def test_a_refusal_after_start_response_but_before_any_content_is_still_answered() -> None:
    """PEP 3333: until then nothing has been sent, and exc_info says so."""
    app = App(raises_after_start=InsufficientScope(("a",)))
    reply = EDGE.answer(EDGE.guard(app, server()), headers=bearer("good"))
    assert (403, True) == (reply.status, b"insufficient_scope" in reply.body)


@pytest.mark.parametrize("error", [InsufficientScope(("a",)), Unavailable("it"), MissingCredentials()])
def test_after_content_has_gone_out_there_is_only_a_log_line(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """And the failure, by which the server cuts the answer short."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"something")
        raise error

    with caplog.at_level(logging.ERROR), pytest.raises(type(error)):
        EDGE.answer(WsgiMiddleware(app, server()), headers=bearer("good"))
    line = f"refused after the response had begun, so it was cut short: {error}"
    assert [line] == [one.getMessage() for one in caplog.records]


def test_exc_info_of_the_application_is_passed_on() -> None:
    """So that it may replace an answer that it had begun."""
    given: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        start_response("401 Unauthorized", [("X-A", "b")], (ValueError, ValueError(), None))
        return []

    def start_response(*arguments: Any) -> Any:
        given.append(arguments)

    WsgiMiddleware(app, server())(wsgi_environ(headers=bearer("good")), start_response)
    assert [2, 3] == [len(arguments) for arguments in given]
    assert [("X-A", "b"), ("WWW-Authenticate", BARE)] == given[1][1]
