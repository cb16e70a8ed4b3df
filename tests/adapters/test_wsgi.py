"""What is particular to WSGI (PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    FromFunction,
    InsufficientScope,
    MissingCredentials,
    Unavailable,
    WsgiMiddleware,
)
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BARE,
    FORM,
    App,
    Reply,
    WsgiEdge,
    bad_request,
    bearer,
    call_wsgi,
    known,
    local,
    server,
    stored,
    wsgi_environ,
)

EDGE = WsgiEdge()


def test_a_bare_application_reads_the_authentication() -> None:
    """environ["bearerguard"]; None where no token came."""
    app, store = App(), MemoryTokenStore()
    token = stored(store)
    guarded = EDGE.guard(app, local(store), anonymous=True)
    EDGE.answer(guarded, headers=bearer(token))
    EDGE.answer(guarded)
    assert ["alice", None] == [one["bearerguard"] and one["bearerguard"].subject for one in app.seen]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (AccessToken(subject="alice", client_id="app"), "alice"),
        (AccessToken(client_id="app"), None),
        (AccessToken(subject="app", client_id="app"), None),
    ],
)
def test_remote_user_is_the_subject_by_choice(facts: AccessToken, expected: str | None) -> None:
    """Never an application; and by default it is not touched."""
    app = App()
    made = server(FromFunction(known(good=facts)))
    EDGE.answer(EDGE.guard(app, made, remote_user=True), headers=bearer("good"), REMOTE_USER="theirs")
    EDGE.answer(EDGE.guard(app, made), headers=bearer("good"), REMOTE_USER="theirs")
    assert [expected, "theirs"] == [one.get("REMOTE_USER") for one in app.seen]


def test_without_a_token_there_is_no_remote_user() -> None:
    """Nor one that somebody before us has set."""
    app = App()
    EDGE.answer(EDGE.guard(app, server(), remote_user=True, anonymous=True), REMOTE_USER="theirs")
    assert "REMOTE_USER" not in app.seen[0]


@pytest.mark.parametrize(
    ("path", "root_path", "passes"),
    [
        ("/health", "", True),
        ("/api/health", "/api", True),
        ("/healthx", "", False),
        ("//health", "", False),
        ("/Health", "", False),
        ("/static/x", "", True),
        ("/static/../x", "", False),
        ("/static/%2e%2e/x", "", False),
        ("/static/..%2fx", "", False),
        ("/static/\\x", "", False),
        ("/static", "", False),
        ("/static/../x", "/static", False),
        ("/grüße", "", True),
        ("", "", False),
    ],
)
def test_public_paths_are_those_that_the_application_routes_on(
    path: str, root_path: str, passes: bool
) -> None:
    """PATH_INFO, whatever SCRIPT_NAME is; a stale token does not matter."""
    app = App()
    guarded = EDGE.guard(app, server(), public=("/health", "/static/*", "/grüße"))
    reply = EDGE.answer(guarded, path=path, root_path=root_path, headers=bearer("stale"))
    assert passes == (reply.status == 200) == bool(app.seen)
    assert not any("bearerguard" in one for one in app.seen)


def test_an_environ_may_lack_what_is_optional() -> None:
    """PATH_INFO, QUERY_STRING, REMOTE_ADDR."""
    environ = wsgi_environ(headers=bearer("good"))
    for name in ("PATH_INFO", "QUERY_STRING", "REMOTE_ADDR"):
        del environ[name]
    assert 200 == call_wsgi(EDGE.guard(App(), server()), environ).status
    assert 400 == call_wsgi(EDGE.guard(App(), server()), {**environ, "wsgi.url_scheme": "http"}).status


@pytest.mark.parametrize("length", ["-1", "+5", "5x", "٣", " 5", "1e3", "5,5"])
def test_a_malformed_length_of_a_form_is_refused(length: str) -> None:
    """RFC 9110 section 8.6: 1*DIGIT."""
    environ = wsgi_environ("POST", headers=[FORM], CONTENT_LENGTH=length)
    reply = call_wsgi(EDGE.guard(App(reads=False), server()), environ)
    assert (400, bad_request("The Content-Length field is malformed.")) == reply.brief


@pytest.mark.parametrize("more", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_without_a_length_there_is_no_body(more: dict[str, str]) -> None:
    """PEP 3333: nothing may be read past the length; an absent one is none."""
    environ = wsgi_environ("POST", headers=[FORM], **more)
    environ["wsgi.input"] = BytesIO(b"access_token=good")
    assert (401, BARE) == call_wsgi(EDGE.guard(App(), server()), environ).brief


def test_a_server_that_ends_the_stream_needs_no_length() -> None:
    """wsgi.input_terminated: how a chunked body comes."""
    app = App()
    environ = wsgi_environ("POST", headers=[FORM], **{"wsgi.input_terminated": True})
    environ["wsgi.input"] = BytesIO(b"access_token=good")
    assert (200, b"access_token=good") == (call_wsgi(EDGE.guard(app, server()), environ).status, app.body)


def test_what_follows_the_body_is_not_read() -> None:
    """The next request on the same connection, perhaps."""
    app, stream = App(), BytesIO(b"access_token=goodGET / HTTP/1.1")
    environ = wsgi_environ("POST", headers=[FORM], CONTENT_LENGTH="17")
    environ["wsgi.input"] = stream
    assert (200, b"access_token=good") == (call_wsgi(EDGE.guard(app, server()), environ).status, app.body)
    assert b"GET / HTTP/1.1" == stream.read()


def test_a_body_that_is_cut_short_is_refused() -> None:
    """Less came than was announced."""
    environ = wsgi_environ("POST", headers=[FORM], CONTENT_LENGTH="100")
    environ["wsgi.input"] = BytesIO(b"access_token=good")
    expected = bad_request("The form body ended before its announced length.")
    assert (400, expected) == call_wsgi(EDGE.guard(App(), server()), environ).brief


# -- refusals of the application -----------------------------------------------------------------------


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


# -- preflight -----------------------------------------------------------------------------------------

PREFLIGHT = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]


def preflight(app: Any, **request: Any) -> Reply:
    """Ask as a browser does before a cross-origin request."""
    return EDGE.answer(app, **{"method": "OPTIONS", "headers": PREFLIGHT, **request})


def test_a_preflight_passes_with_nobody_attached() -> None:
    """Fetch section 4.9: browsers send no credentials with it."""
    app = App(headers=[("Access-Control-Allow-Origin", "*"), ("Content-Length", "7")], reads=False)
    reply = preflight(EDGE.guard(app, server()), scheme="http", query="access_token=good&a=1")
    assert (200, b"", None, "a=1") == (
        reply.status,
        reply.body,
        app.authentication,
        app.seen[0]["QUERY_STRING"],
    )
    assert (["*"], ["0"]) == (reply.all("access-control-allow-origin"), reply.all("content-length"))


def test_an_application_that_ignores_the_method_cannot_be_read_through_a_preflight() -> None:
    """Neither by what it returns nor by write(); and it gets no body."""
    app = App(content=b"the secret")
    reply = preflight(EDGE.guard(app, server()), body=b"delete")
    assert (b"", b"", "0") == (reply.body, app.body, app.seen[0]["CONTENT_LENGTH"])

    def writes(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"the secret")
        return []

    assert (200, b"") == (
        preflight(WsgiMiddleware(writes, server())).status,
        preflight(WsgiMiddleware(writes, server())).body,
    )


@pytest.mark.parametrize("pieces", [1, 3, 0])
def test_what_an_application_gives_to_a_preflight_is_closed(pieces: int) -> None:
    """And read no further than it takes to know status and fields."""
    read: list[Any] = []

    class Content:
        def __init__(self, start_response: Any) -> None:
            self.start_response = start_response

        def __iter__(self) -> Iterator[bytes]:
            self.start_response("200 OK", [])
            for number in range(pieces):
                read.append(number)
                yield b"secret"

        def close(self) -> None:
            read.append("closed")

    reply = preflight(WsgiMiddleware(lambda environ, start_response: Content(start_response), server()))
    assert (200, b"", [*range(min(pieces, 1)), "closed"]) == (reply.status, reply.body, read)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"headers": PREFLIGHT[:1]},
        {"headers": PREFLIGHT[1:]},
        {"headers": [*PREFLIGHT, ("Authorization", "Basic x")]},
    ],
)
def test_anything_else_is_not_a_preflight(change: dict[str, Any]) -> None:
    """And needs a token."""
    app = App()
    assert (401, []) == (preflight(EDGE.guard(app, server()), **change).status, app.seen)


def test_a_preflight_is_read_until_its_status_is_known() -> None:
    """An application may begin with an empty piece."""

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        yield b""
        start_response("204 No Content", [])
        yield b"secret"

    statuses: list[str] = []
    guarded = WsgiMiddleware(app, server())
    environ = wsgi_environ("OPTIONS", headers=PREFLIGHT)
    assert [] == list(guarded(environ, lambda status, fields: statuses.append(status)))
    assert ["204 No Content"] == statuses


def test_a_refusal_of_a_preflight_is_answered() -> None:
    """What the application raises, and its own 401."""
    assert 403 == preflight(EDGE.guard(App(raises=InsufficientScope()), server())).status
    assert 403 == preflight(EDGE.guard(App(raises_after_start=InsufficientScope()), server())).status
    assert (401, BARE) == preflight(EDGE.guard(App(status=401), server())).brief


@pytest.mark.parametrize("status", [204, 304])
def test_a_preflight_without_content_has_no_length(status: int) -> None:
    """RFC 9110 section 8.6."""
    assert [] == preflight(EDGE.guard(App(status=status), server())).all("content-length")
