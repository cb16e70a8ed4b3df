"""An authorization server that is down: what requests get meanwhile, what the log says, and what it costs."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard import ClientBearerToken
from bearerguard.breaker import Unreachable
from bearerguard.errors import Unavailable
from tests.clients.answering import active, answer
from tests.support import WsgiEdge
from tests.verifiers.introspecting import (
    DOWN,
    LEFT_ALONE,
    NO_ANSWER,
    PASSED,
    UNKNOWN,
    WHAT,
    Edge,
    Remote,
    lines,
    malformed,
)

IS_DOWN = f"{WHAT} is unavailable, requests that need it get 503: "
IS_LEFT_ALONE = (
    f"{WHAT} has failed 5 times in a row: it is left alone for 1 to 30 seconds at a time, "
    "and requests that need it get 503 at once"
)
IS_BACK = f"{WHAT} answers again"


@pytest.mark.parametrize("failure", [DOWN, Unreachable("TLS failed"), answer(b"", 429), answer(b"", 503)])
def test_after_five_failures_it_is_left_alone(edge: Edge, failure: Any) -> None:
    """503 at once, without a call; after a second one request tries it."""
    remote = Remote(edge, failure)
    outcomes = [remote.outcome() for _ in range(8)]
    assert [LEFT_ALONE] * 3 == outcomes[5:]
    assert (5, 503) == (remote.http.times, outcomes[0][0])
    remote.says(active())
    remote.move(0.875)
    assert (LEFT_ALONE, 5) == (remote.outcome(), remote.http.times)
    remote.move(0.125)
    assert ([PASSED, PASSED], 7) == ([remote.outcome(), remote.outcome()], remote.http.times)


def test_when_to_try_again_is_said(edge: Edge) -> None:
    """As long as the pause lasts, which grows with each probe that fails."""
    remote = Remote(edge, DOWN)
    for _ in range(4):
        remote.ask()
    for pause in (1, 2, 4, 8, 16, 30, 30):
        assert (NO_ANSWER, LEFT_ALONE) == (remote.outcome(), remote.outcome())
        assert [str(pause)] == remote.ask().all("retry-after")
        remote.move(pause)


@pytest.mark.parametrize(
    "says",
    [
        *[answer(b"", status) for status in (204, 301, 400, 401, 403, 404, 500, 501)],
        answer(b"<html>", content_type="text/html"),
        answer({"active": 1}),
        active(exp=True),
        Unavailable("its answer is no use: it is longer than 65536 bytes"),
    ],
)
def test_a_strangers_tokens_do_not_close_the_api(edge: Edge, says: Any) -> None:
    """Some servers answer junk so: it concerns that one request."""
    remote = Remote(edge, says)
    assert [503] * 10 == [remote.outcome("junk")[0] for _ in range(10)]
    remote.says(active())
    assert (PASSED, 11) == (remote.outcome(), remote.http.times)


def test_what_it_knows_without_asking_is_told_on_the_spot() -> None:
    """By `recall`, so that a request costs nothing while the endpoint is left alone."""
    remote = Remote(WsgiEdge(), DOWN)
    for _ in range(5):
        remote.ask()
    with pytest.raises(Unavailable) as caught:
        remote.introspection.recall(b"remote")
    assert LEFT_ALONE[1] == caught.value.what


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (answer(b"", 401), "it answers 401 to our own credentials: see client="),
        (answer(b"", 403), "it answers 403 to our own credentials: see client="),
        (answer(b"", 500), "it answers 500"),
        (answer({"active": 1}), malformed("active is neither true nor false")[1]),
        (active(sub=5), malformed("sub is not a text")[1]),
        (DOWN, DOWN.what),
    ],
)
def test_an_outage_is_one_error_and_one_warning(
    edge: Edge, caplog: pytest.LogCaptureFixture, says: Any, why: str
) -> None:
    """However many requests get 503; our own misconfiguration is called what it is."""
    remote = Remote(edge, says)
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        for _ in range(4):
            assert (503, why) == remote.outcome()
        remote.says(answer({"active": False}))
        assert [UNKNOWN, UNKNOWN] == [remote.outcome(), remote.outcome()]
    assert [(logging.ERROR, IS_DOWN + why), (logging.WARNING, IS_BACK)] == lines(caplog)


def test_being_left_alone_is_one_line_too(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """However long it takes."""
    remote = Remote(edge, DOWN)
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        for _ in range(100):
            remote.ask()
            remote.move(0.5)
    expected = [(logging.ERROR, IS_DOWN + DOWN.what), (logging.ERROR, IS_LEFT_ALONE)]
    assert expected == lines(caplog)


def test_a_token_of_our_own_that_cannot_be_had_is_an_outage(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """503 without a call, one error in ten seconds; the endpoint has not failed."""
    tokens: list[str] = []
    remote = Remote(edge, client=ClientBearerToken(lambda: tokens[0]))
    why = "our own token could not be had: see client="
    line = (logging.ERROR, f"introspection:as.example.org cannot ask, requests that need it get 503: {why}")
    assert [(503, why)] * 10 == [remote.outcome() for _ in range(10)]
    assert ([line], 0) == (lines(caplog), remote.http.times)
    remote.move(9.5)
    assert ((503, why), []) == (remote.outcome(), lines(caplog))
    remote.move(0.5)
    assert ((503, why), [line]) == (remote.outcome(), lines(caplog))
    tokens.append("ours")
    assert (PASSED, 1) == (remote.outcome(), remote.http.times)
