"""docs/introspection.md: sentences of its text that promise something, each as a test."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bearerguard import AccessToken, Cached, ClientSecretBasic, Decision, FirstMatch, Introspection, Outcome
from bearerguard.clients import HttpResponse, Unreachable
from tests.docs.answers import ACTIVE, ENDPOINT, Bench, Edge, FakeClient, said
from tests.docs.pages import DOCS, blocks_of
from tests.docs.raw_server import RawServer, says
from tests.support import App, AsgiEdge, Clock, WsgiEdge, asgi_scope, bearer, drive_asgi, server

PAGE = DOCS / "introspection.md"
API = ClientSecretBasic("api", "secret")
NO_SUB = {name: value for name, value in ACTIVE.items() if name != "sub"}
FAILURES = [
    Unreachable("no answer in time"),
    said({}, 401),
    said({}, 400),
    said({"active": "yes"}),
    HttpResponse(status=200, fields={}, content=b""),
]


def guarded(edge: Edge, answer: Any, **settings: Any) -> tuple[App, Any, FakeClient]:
    """An application behind a verifier that asks a client that says this."""
    app, http = App(), FakeClient(answer)
    verifier = Introspection(ENDPOINT, client=API, http=http)
    return app, edge.guard(app, server(verifier, **settings)), http


def test_a_username_without_a_sub_is_an_application_without_a_user(edge: Edge) -> None:
    """The name is among the claims, and `load_user` is not called."""
    loaded: list[AccessToken] = []
    app, guard, _ = guarded(edge, said({**NO_SUB, "username": "alice"}), load_user=loaded.append)
    assert 200 == edge.answer(guard, headers=bearer("token")).status
    assert app.authentication
    assert ([], None) == (loaded, app.authentication.user.subject)
    assert "alice" == app.authentication.access_token.claims["username"]


def test_with_several_verifiers_an_identity_begins_with_the_issuer(edge: Edge) -> None:
    """That of the answer, or the one that is configured where the answer names none."""
    first = Introspection(
        ENDPOINT, client=API, http=FakeClient(said(ACTIVE)), issuer="https://as.example.org"
    )
    second = Introspection("https://b.example.org/i", client=API, http=FakeClient(said({"active": False})))
    app = App()
    edge.answer(edge.guard(app, server(FirstMatch([first, second]))), headers=bearer("token"))
    assert app.authentication
    assert "https://as.example.org|alice" == app.authentication.user.identity


@pytest.mark.parametrize("failure", FAILURES, ids=["late", "401", "400", "malformed", "no content type"])
def test_stale_facts_serve_through_everything_that_is_a_503(failure: Any, edge: Edge) -> None:
    """Our own mistakes included; both listeners of it hear that they are stale."""
    app, http, heard, clock = App(), FakeClient(said(ACTIVE)), list[Decision](), Clock()
    verifier = Introspection(ENDPOINT, client=API, http=http, monotonic=clock, now=Clock())
    cached = Cached(verifier, stale_if_error_seconds=600, monotonic=clock, now=Clock())
    guard = edge.guard(app, server(cached, on_decision=heard.append))
    edge.answer(guard, headers=bearer("token"))
    http.answer = failure
    clock.move(60)
    assert 200 == edge.answer(guard, headers=bearer("token")).status
    assert 503 == edge.answer(guard, headers=bearer("new")).status
    assert app.authentication
    assert app.authentication.access_token.stale
    assert [False, True, False] == [decision.stale for decision in heard]
    assert [Outcome.PASSED, Outcome.PASSED, Outcome.UNAVAILABLE] == [one.outcome for one in heard]


def test_retry_after_is_ours_and_not_the_server_s(edge: Edge) -> None:
    """While it is left alone it says how long that still is."""
    http = FakeClient(said({}, 503, {"retry-after": "7777"}))
    bench = Bench(edge, http)
    waits = [bench.ask(f"token{at}").all("retry-after") for at in range(6)]
    assert [["1"]] * 6 == waits
    bench.move(1)
    bench.ask()
    assert ["2"] == bench.ask().all("retry-after")


def test_the_page_s_own_way_to_say_who_we_are_works(edge: Edge) -> None:
    """An object that adds a name to the form is enough."""
    names: dict[str, Any] = {}
    (block,) = [one for one in blocks_of(PAGE) if one.file_name == "client_name.py"]
    exec(block.text, names)  # noqa: S102 - our own page
    http = FakeClient(said(ACTIVE))
    verifier = Introspection(ENDPOINT, client=names["ClientName"]("api"), http=http)
    edge.answer(edge.guard(App(), server(verifier)), headers=bearer("token"))
    assert http.asked[0].content.endswith(b"&client_id=api")


def test_after_a_shutdown_whoever_asks_opens_a_new_connection() -> None:
    """`server.close()` under WSGI, the lifespan's end under ASGI."""
    with RawServer(says(b'{"active": true}')) as raw:
        endpoint = f"http://127.0.0.1:{raw.port}/introspect?realm=a"
        guard = server(Introspection(endpoint, client=API, allow_loopback_http=True))
        wsgi, asgi = WsgiEdge().guard(App(), guard), AsgiEdge().guard(App(), guard)
        for _ in range(2):
            assert 200 == WsgiEdge().answer(wsgi, headers=bearer("token")).status
            guard.close()
        asyncio.run(_twice_around_a_shutdown(asgi))
        guard.close()
    assert 4 == len(raw.asked)
    assert all(request.startswith(b"POST /introspect?realm=a ") for request in raw.asked)


async def _twice_around_a_shutdown(asgi: Any) -> None:
    for _ in range(2):
        sent = await drive_asgi(asgi, {**asgi_scope(headers=bearer("token"))}, [{"type": "http.request"}])
        assert 200 == sent[0]["status"]
        await asgi.server.aclose()
