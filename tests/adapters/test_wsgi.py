"""What is particular to WSGI (PEP 3333)."""

from __future__ import annotations

from io import BytesIO

import pytest

from bearerguard import (
    AccessToken,
    FromFunction,
)
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BARE,
    FORM,
    App,
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
from tests.texts import HEADER_MALFORMED

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


def test_a_field_that_no_server_may_give_is_malformed() -> None:
    """PEP 3333: Latin-1 only. Anything else is a refusal, and not a crash."""
    environ = {**wsgi_environ(), "HTTP_AUTHORIZATION": "Bearer go\u20acod"}
    assert (400, HEADER_MALFORMED) == call_wsgi(EDGE.guard(App(), server()), environ).brief
