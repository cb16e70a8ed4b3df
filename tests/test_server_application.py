"""What the application itself answers or raises, behind the guard."""

from __future__ import annotations

import pytest

from bearerguard import (
    AccessToken,
    InsufficientScope,
    InvalidRequest,
    MissingCredentials,
    Unavailable,
)
from tests.support import (
    BARE,
    App,
    AsgiEdge,
    WsgiEdge,
    bearer,
    server,
)

Edge = AsgiEdge | WsgiEdge


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InsufficientScope(("x",)), 403),
        (MissingCredentials(), 401),
        (InvalidRequest("Why."), 400),
        (Unavailable("it"), 503),
    ],
)
def test_a_refusal_that_the_application_raises_is_answered(edge: Edge, error: Exception, status: int) -> None:
    """As one of our own."""
    reply = edge.answer(edge.guard(App(raises=error), server()), headers=bearer("good"))
    assert status == reply.status
    assert (status != 503) == (reply.challenge is not None)


def test_the_answer_to_head_has_no_content(edge: Edge) -> None:
    """RFC 9110 section 9.3.2: the length that GET would have had."""
    guarded = edge.guard(App(), server())
    get, head = (edge.answer(guarded, method=one, headers=bearer("bad")) for one in ("GET", "HEAD"))
    assert (get.brief, get.headers, b"") == (head.brief, head.headers, head.body)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ([], [BARE]),
        (['Digest realm="x", nonce="y"'], ['Digest realm="x", nonce="y"', BARE]),
        (['Basic realm="x"', "Negotiate"], ['Basic realm="x"', "Negotiate", BARE]),
        (['Basic realm="Bearer of, bearer x"'], ['Basic realm="Bearer of, bearer x"', BARE]),
        (['BEARER realm="theirs"'], ['BEARER realm="theirs"']),
        (['Basic realm="x", Bearer realm="y"'], ['Basic realm="x", Bearer realm="y"']),
    ],
)
def test_to_a_401_of_the_application_our_challenge_is_added(
    edge: Edge, theirs: list[str], expected: list[str]
) -> None:
    """Behind its own, unless ours is there; a quoted string is not a scheme."""
    app = App(status=401, headers=[("WWW-Authenticate", one) for one in theirs])
    guarded = edge.guard(app, server(), anonymous=True)
    assert expected == edge.answer(guarded).all("www-authenticate")


@pytest.mark.parametrize("status", [200, 400, 403, 407, 500])
def test_other_answers_of_the_application_stay_as_they_are(edge: Edge, status: int) -> None:
    """Only a 401 is a request for credentials."""
    app = App(status=status, headers=[("X-A", "b")])
    reply = edge.answer(edge.guard(app, server()), headers=bearer("good"))
    assert (status, ["b"], None) == (reply.status, reply.all("x-a"), reply.challenge)


def test_a_test_may_vouch_but_only_from_inside_the_process(edge: Edge) -> None:
    """bearerguard.testing puts facts on the request; a header of that name is nothing."""
    vouched = AccessToken(subject="tester")
    app = App()
    guarded = edge.guard(app, server())
    reply = edge.answer(guarded, headers=bearer("any"), **{"bearerguard.testing": vouched})
    assert (200, vouched) == (reply.status, app.authentication and app.authentication.access_token)
    assert 401 == edge.answer(guarded, headers=bearer("any"), **{"bearerguard.testing": "yes"}).status
    assert 401 == edge.answer(guarded, headers=[*bearer("any"), ("bearerguard.testing", "yes")]).status
