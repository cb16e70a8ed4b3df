"""Facts of before an outage: how long they serve, and how everybody can tell that they are."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.clients.answering import active, answer
from tests.support import START
from tests.verifiers.introspecting import (
    DOWN,
    LEFT_ALONE,
    NO_ANSWER,
    PASSED,
    UNKNOWN,
    Edge,
    Outcome,
    Remote,
    lines,
)

STALE = "serving stale facts of introspection:as.example.org through an outage: "


def stale_remote(edge: Edge, *, exp: float = START + 1_000.0, cached: Any = ()) -> Remote:
    """A guard that knew a token when its server went down; its facts are a minute old."""
    ages = {"max_age_seconds": 60, "stale_if_error_seconds": 900, **dict(cached)}
    remote = Remote(edge, active(exp=exp), cached=ages)
    assert (PASSED, False) == (remote.outcome(), remote.heard[-1].stale)
    remote.says(DOWN)
    remote.move(60)
    return remote


def told(remote: Remote) -> tuple[Outcome, bool, bool]:
    """What a request becomes, and whether facts were stale, for `on_decision` and for the application."""
    outcome = remote.outcome()
    return outcome, remote.heard[-1].stale, remote.facts.stale


def test_known_facts_serve_through_an_outage(edge: Edge) -> None:
    """And say what they are; an unknown token gets 503."""
    remote = stale_remote(edge)
    assert [(PASSED, True, True)] * 3 == [told(remote) for _ in range(3)]
    assert (4, NO_ANSWER) == (remote.http.times, remote.outcome("new"))


def test_they_serve_on_the_spot_while_the_server_is_left_alone(edge: Edge) -> None:
    """Nobody is asked, and nobody waits: known without a call, and stale."""
    remote = stale_remote(edge)
    for _ in range(5):
        assert (PASSED, True, True) == told(remote)
    assert [False] * 5 == [one.cached for one in remote.heard[1:]]
    assert ((PASSED, True, True), 6) == (told(remote), remote.http.times)
    assert remote.heard[-1].cached
    assert LEFT_ALONE == remote.outcome("new")


@pytest.mark.parametrize("is_left_alone", [False, True])
def test_they_never_serve_past_their_expiry(edge: Edge, is_left_alone: bool) -> None:
    """To the second, whether or not somebody is asked."""
    remote = stale_remote(edge, exp=START + 100)
    for _ in range(5 * is_left_alone):
        told(remote)
    remote.move(39.5)
    if is_left_alone:  # the pause is over: its probe fails, and starts the next one
        told(remote)
    assert (PASSED, True, True) == told(remote)
    remote.move(0.5)
    assert (LEFT_ALONE if is_left_alone else NO_ANSWER) == remote.outcome()


@pytest.mark.parametrize(("age", "expected"), [(899.5, PASSED), (900, NO_ANSWER)])
def test_they_serve_for_so_long_and_no_longer(edge: Edge, age: float, expected: Outcome) -> None:
    """Longer than their usual age by what was said."""
    remote = stale_remote(edge)
    remote.move(age)
    assert expected == remote.outcome()


def test_they_do_not_serve_unless_asked_for(edge: Edge) -> None:
    """It is off by default."""
    remote = stale_remote(edge, cached={"stale_if_error_seconds": 0})
    assert NO_ANSWER == remote.outcome()


@pytest.mark.parametrize("says", [answer(b"", 500), answer(b"", 401), answer({"active": "true"})])
def test_any_answer_that_says_nothing_is_an_outage(edge: Edge, says: Any) -> None:
    """Also our own misconfiguration, which somebody repairs meanwhile."""
    remote = stale_remote(edge)
    remote.says(says)
    assert (PASSED, True, True) == told(remote)


def test_a_no_ends_them(edge: Edge) -> None:
    """What was revoked is not served in the next outage."""
    remote = stale_remote(edge)
    assert (PASSED, True, True) == told(remote)
    remote.says(answer({"active": False}))
    assert UNKNOWN == remote.outcome()
    remote.says(DOWN)
    remote.move(5)
    assert NO_ANSWER == remote.outcome()


def test_after_the_outage_they_are_fresh_again(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """The mark is not kept, and each outage is one line."""
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        remote = stale_remote(edge)
        for _ in range(20):
            assert (PASSED, True, True) == told(remote)
            remote.move(15)
        remote.says(active(exp=START + 1_000))
        remote.move(1)
        assert (PASSED, False, False) == told(remote)
        assert (PASSED, False, False) == told(remote)
        remote.says(answer(b"", 500))
        remote.move(60)
        assert (PASSED, True, True) == told(remote)
    found = [text for _, text in lines(caplog) if text.startswith(STALE)]
    assert [f"{STALE}{DOWN.what}", f"{STALE}it answers 500"] == found


def test_an_outage_that_comes_and_goes_is_one_line(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """In ten seconds, whatever happens in between."""
    remote = Remote(edge, cached={"max_age_seconds": 0.5, "stale_if_error_seconds": 900})
    remote.ask()
    for _ in range(5):
        for says, is_stale in ((answer(b"", 500), True), (active(), False)):
            remote.says(says)
            remote.move(1)
            assert (PASSED, is_stale, is_stale) == told(remote)
    assert [f"{STALE}it answers 500"] == [text for _, text in lines(caplog) if text.startswith(STALE)]
