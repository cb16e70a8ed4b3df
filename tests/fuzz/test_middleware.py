"""Any request at all: the guard answers, and its answer is one of seven."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bearerguard import AccessToken, Cached, FirstMatch, FromFunction, RevokeIn, StoredTokens, Unavailable
from bearerguard.scopes import requirement
from tests.support import (
    PRIVATE_PEER,
    PUBLIC_PEER,
    App,
    AsgiEdge,
    BrokenStore,
    Clock,
    WsgiEdge,
    server,
    stored,
)

STORE = BrokenStore()
GOOD = stored(STORE, scopes=("tag",))
POOR = stored(STORE, scopes=())
TOKENS = [GOOD, POOR, "remote", "down", "bg_x", "", "a b", "=", '"', "ü", "x" * 17_000]


def remote(token: str) -> AccessToken | None:
    if token == "down":
        raise Unavailable("the other side is gone")
    return AccessToken(subject="alice", scopes=frozenset({"tag"})) if token == "remote" else None


VERIFIER = FirstMatch([StoredTokens(STORE), Cached(FromFunction(remote), now=Clock())])

tokens = st.sampled_from(TOKENS)
methods = st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "get", "TRACE", "X"])
schemes = st.sampled_from(["https", "http", "wss", ""])
peers = st.sampled_from([PUBLIC_PEER, PRIVATE_PEER, "127.0.0.1", None, "unix:"])
latin_1 = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20)
header_fields = st.one_of(
    st.builds(
        lambda word, token: ("Authorization", f"{word} {token}"),
        st.sampled_from(["Bearer", "bearer", "Basic"]),
        tokens,
    ),
    st.builds(lambda value: ("Authorization", value), latin_1),
    st.sampled_from(
        [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Encoding", "gzip"),
            ("Content-Length", "5"),
            ("Content-Length", "99999999999999999999"),
            ("Content-Length", "-5"),
            ("Origin", "https://app.example"),
            ("Access-Control-Request-Method", "GET"),
            ("X-Forwarded-For", "1.2.3.4"),
        ]
    ),
)
parameters = st.one_of(
    st.builds(
        lambda name, token: f"{name}={token}",
        st.sampled_from(["access_token", "access%5Ftoken", "a"]),
        tokens,
    ),
    latin_1,
)
queries = st.lists(parameters, max_size=3).map("&".join)
bodies = st.one_of(
    st.binary(max_size=50), queries.map(lambda text: text.encode("latin-1")), st.just(b"x" * 17_000)
)
rules = st.sampled_from(["refuse", "ignore", RevokeIn(BrokenStore())])


@pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=["asgi", "wsgi"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_request_is_answered_and_never_passes_without_a_good_token(edge: Any, data: st.DataObject) -> None:
    """200 is the application's, and only with the scope; the rest is ours, each with its challenge."""
    app = App(requires=requirement("tag"), reads=False)
    draw = data.draw
    rule = draw(rules)
    made = server(VERIFIER, plain_http=rule, loopback_http=draw(st.booleans()))
    guarded = edge.guard(app, made, anonymous=draw(st.booleans()))
    reply = edge.answer(
        guarded,
        method=draw(methods),
        query=draw(queries),
        headers=draw(st.lists(header_fields, max_size=4)),
        body=draw(bodies),
        scheme=draw(schemes),
        peer=draw(peers),
    )
    assert reply.status in (200, 400, 401, 403, 408, 413, 503)
    assert (reply.status in (400, 401, 403, 408, 413)) == (reply.challenge is not None)
    if reply.status == 200:
        assert app.authentication is not None
        assert "tag" in app.authentication.scopes
    assert GOOD not in repr(reply)
