"""For how long metadata is good, what takes its place, and where that is looked for."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bearerguard import forks
from bearerguard.breaker import Unreachable
from bearerguard.flow import arun, run
from tests.clients.answering import answer, in_both_colours
from tests.clients.publishing import (
    FIRST,
    INTROSPECT,
    JWKS,
    NOTHING,
    SECOND,
    WHAT,
    Discovering,
    lines,
    metadata,
)

NEW = "https://new.example.org/jwks.json"
DOWN = Unreachable("no answer in time: see timeout_seconds=")
HOUR = 3600.0
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        (None, HOUR),
        ("public", HOUR),
        ("max-age=600", 600),
        ("max-age=60", 60),
        ("max-age=1", 60),
        ("no-store", 60),
        ("no-cache", 60),
        ("max-age=86400", HOUR),
        ("max-age=x", 60),
    ],
)
def test_it_is_good_for_as_long_as_it_says_within_bounds(cache_control: str | None, seconds: float) -> None:
    """And then whoever asks waits for the next."""
    it = Discovering({FIRST: metadata(cache_control)})
    it.find()
    it.clock.move(0.8 * seconds - 0.001)
    assert (JWKS, 1) == (it.at_once(), it.http.times)
    it.clock.move(0.2 * seconds)
    it.http.pages[FIRST] = metadata(jwks_uri=NEW)
    assert (JWKS, 2) == (it.discovery.get().document.endpoints["jwks_uri"], it.settle() or it.http.times)  # type: ignore[union-attr]
    it.clock.move(HOUR)
    assert (NEW, 3) == (it.waits(), it.http.times)


@in_both_colours
def test_it_is_refreshed_ahead_of_need(finish: Any) -> None:
    """In the last fifth of its life, on a thread, with nobody waiting; and once."""
    it = Discovering(finish=finish)
    it.find()
    it.http.pages[FIRST] = metadata(jwks_uri=NEW)
    it.clock.move(0.8 * HOUR)
    it.http.gate = threading.Event()
    found = [it.discovery.get().document.endpoints["jwks_uri"] for _ in range(5)]  # type: ignore[union-attr]
    it.http.gate.set()
    assert ([JWKS] * 5, NEW, 2) == (found, it.at_once(), it.http.times)


def test_another_endpoint_is_used_from_then_on(caplog: pytest.LogCaptureFixture) -> None:
    """By whoever asked for it before the change; and the log says that it changed, not where to."""
    it = Discovering()
    assert (JWKS, INTROSPECT) == (run(it.jwks_uri.find()), it.introspection_endpoint.find())  # type: ignore[arg-type]
    it.http.pages[FIRST] = metadata(jwks_uri=NEW)
    it.clock.move(HOUR)
    assert (NEW, INTROSPECT) == (run(it.jwks_uri.find()), it.introspection_endpoint.find())  # type: ignore[arg-type]
    assert [f"{WHAT} names another jwks_uri than before"] == lines(caplog)


@in_both_colours
def test_through_failures_the_last_good_one_serves(finish: Any, caplog: pytest.LogCaptureFixture) -> None:
    """For a day; only the first one waits for a failure, and then every thirty seconds one is tried aside."""
    it = Discovering(finish=finish)
    it.find()
    it.http.pages[FIRST] = DOWN
    it.clock.move(HOUR)
    assert ([JWKS] * 3, 2) == ([it.waits(), it.at_once(), it.at_once()], it.http.times)
    assert [
        f"{WHAT} is unavailable, requests that need it get 503: {DOWN.what}",
        "the last good metadata of as.example.org/tenant is used on, for 1380 more minutes at most",
    ] == lines(caplog)
    it.clock.move(30)
    assert (JWKS, 3) == (it.at_once(), it.http.times)
    it.clock.at = 500.0 + DAY - 0.001
    assert (JWKS, 4) == (it.at_once(), it.http.times)
    it.clock.at = 500.0 + DAY
    assert DOWN.what == it.waits()
    it.http.pages[FIRST] = metadata()
    assert (JWKS, JWKS) == (it.waits(), it.at_once())


@pytest.mark.parametrize(
    "page", [DOWN, NOTHING, answer(b"", 302), answer(b"<html>"), metadata(issuer="https://x.example.org")]
)
def test_whatever_is_wrong_with_the_next_the_last_good_one_serves(page: Any) -> None:
    """Not only where nothing answers."""
    it = Discovering()
    it.find()
    it.http.pages[FIRST] = page
    it.clock.move(HOUR)
    assert (JWKS, JWKS) == (it.waits(), it.at_once())


def test_without_staleness_there_is_none() -> None:
    """max_stale_seconds=0."""
    it = Discovering(max_stale_seconds=0)
    it.find()
    it.http.pages[FIRST] = DOWN
    it.clock.move(HOUR)
    assert DOWN.what == it.waits()


@pytest.mark.parametrize("place", [FIRST, SECOND])
@pytest.mark.parametrize("failure", [NOTHING, DOWN, answer(b"", 302)])
def test_it_is_fetched_from_where_it_was_found(place: str, failure: Any) -> None:
    """Nobody who makes one place fail, not by a 404 either, has another place believed."""
    it = Discovering({place: metadata()})
    it.find()
    other = SECOND if place == FIRST else FIRST
    it.http.pages |= {other: metadata(jwks_uri=NEW)}
    it.clock.move(HOUR)
    assert JWKS == it.waits()
    it.http.pages[place] = failure
    it.clock.move(HOUR)
    it.http.asked.clear()
    assert (JWKS, [place]) == (it.waits(), it.http.urls)


def test_when_it_is_over_both_places_are_asked_again() -> None:
    """After a day of failures nothing is known any more."""
    it = Discovering()
    it.find()
    it.http.pages = {SECOND: metadata(jwks_uri=NEW)}
    it.clock.move(DAY)
    assert NEW == it.waits()
    assert [FIRST, FIRST, SECOND] == it.http.urls


def test_each_place_keeps_count_of_its_own_failures() -> None:
    """That the first one says quickly that there is nothing says nothing of the second, which hangs."""
    it = Discovering({SECOND: DOWN})
    outcomes = [it.outcome() for _ in range(6)]
    left_alone = f"{WHAT} has failed several times in a row and is left alone for a while"
    assert [DOWN.what] * 5 + [left_alone] == outcomes
    assert 5 == it.http.urls.count(SECOND)


@in_both_colours
@pytest.mark.parametrize(
    "failure", [DOWN, NOTHING, answer(b"", 500), metadata(issuer="https://x.example.org")]
)
def test_while_the_second_place_is_left_alone_the_first_is_not_asked_either(
    finish: Any, failure: Any
) -> None:
    """Or each token of an outage would cost it a call; when the pause is over both are asked again."""
    it = Discovering({SECOND: failure}, finish=finish)
    for _ in range(100):
        it.outcome()
    assert [FIRST, SECOND] * 5 == it.http.urls
    it.clock.move(1)
    it.http.pages[FIRST] = metadata()
    assert (JWKS, [FIRST]) == (it.outcome(), it.http.urls)


def test_after_an_outage_at_the_start_the_first_place_is_used() -> None:
    """Outage, then recovery: what it says counts, though the second place had said something all along."""
    it = Discovering({FIRST: DOWN, SECOND: metadata(jwks_uri=NEW)})
    assert DOWN.what == it.outcome()
    it.http.pages[FIRST] = metadata()
    assert (JWKS, [FIRST, FIRST]) == (it.outcome(), it.http.urls)


@in_both_colours
def test_a_crowd_asks_once(finish: Any) -> None:
    """A hundred requests at the start: one GET a place."""
    it = Discovering({SECOND: metadata()})

    async def main() -> list[Any]:
        return await asyncio.gather(*[arun(it.discovery.get()) for _ in range(100)])  # type: ignore[arg-type]

    if finish is run:
        it.http.gate = threading.Event()
        with ThreadPoolExecutor(20) as threads:
            waiting = [threads.submit(it.outcome) for _ in range(20)]
            it.http.gate.set()
        assert {JWKS} == {one.result() for one in waiting}
    else:
        assert 100 == len(asyncio.run(main()))
    assert [FIRST, SECOND] == it.http.urls


@in_both_colours
def test_a_doubt_has_it_fetched_anew_aside(finish: Any) -> None:
    """Once a minute at most: whoever makes an endpoint fail does not flood the issuer."""
    it = Discovering(finish=finish)
    it.jwks_uri.doubt()
    assert 0 == it.http.times
    it.find()
    it.clock.move(59.999)
    it.jwks_uri.doubt()
    it.settle()
    assert 1 == it.http.times
    it.clock.move(0.001)
    it.http.pages[FIRST] = metadata(jwks_uri=NEW)
    for _ in range(5):
        it.jwks_uri.doubt()
        it.settle()
    assert (NEW, 2) == (it.jwks_uri.find(), it.http.times)


def test_a_missing_endpoint_is_looked_for_again_before_the_hour_is_over() -> None:
    """Whoever adds it does not wait for long."""
    it = Discovering({FIRST: metadata(introspection_endpoint=...)})
    it.find()
    it.http.pages[FIRST] = metadata()
    it.clock.move(60)
    with pytest.raises(Exception, match=r"^the metadata names no introspection_endpoint$"):
        it.introspection_endpoint.find()
    it.settle()
    assert INTROSPECT == it.introspection_endpoint.find()


def test_what_was_fetched_survives_a_fork_and_what_is_under_way_does_not() -> None:
    """As the child itself does it."""
    it = Discovering()
    it.find()
    document = it.discovery._document
    lock = document._lock
    lock.acquire()
    forks._renew_all()
    assert lock is not document._lock
    assert (JWKS, 1) == (it.at_once(), it.http.times)


@in_both_colours
def test_closing_waits_for_what_is_under_way_aside(finish: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no thread is left."""
    it = Discovering()
    it.find()
    it.clock.move(0.8 * HOUR)
    it.http.gate = gate = threading.Event()
    it.discovery.get()
    aside = it.discovery._document._aside
    wait = aside.wait
    monkeypatch.setattr(aside, "wait", lambda seconds: (gate.set(), wait(10 * seconds)))
    finish(it.jwks_uri.close())
    assert not aside.is_running


def test_a_change_is_told_to_nobody_but_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """No URL stands in it: what others write does not go into our log."""
    it = Discovering({FIRST: [metadata(), metadata(introspection_endpoint=...), metadata()]})
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            it.find()
            it.clock.move(HOUR)
    changed = f"{WHAT} names another introspection_endpoint than before"
    assert [changed, changed] == [one.getMessage() for one in caplog.records if one.name == "bearerguard"]
