"""Keys that are fetched: for how long a set is good, and what takes its place."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.clients import HttpRequest
from bearerguard.flow import run
from tests.clients.answering import answer, in_both_colours
from tests.keys.fetching import DOWN, URL, A, B, C, Remote
from tests.keys.material import MESSAGE, jwk, key_set, sign


@in_both_colours
def test_the_first_to_ask_waits_and_nobody_after_that(finish: Any) -> None:
    """One GET, which says what it wants and brings nothing along."""
    remote = Remote(finish=finish)
    assert ["a"] == remote.waits()
    assert [["a"]] * 3 == [remote.at_once() for _ in range(3)]
    expected = HttpRequest(
        method="GET",
        url=URL,
        fields={"Accept": "application/jwk-set+json, application/json"},
        content=b"",
        timeout_seconds=5.0,
        max_bytes=65_536,
    )
    assert [expected] == remote.http.asked
    assert ["send" if finish is run else "asend"] == remote.http.called


def test_a_key_is_read_once() -> None:
    """Fetched again, and the same, it is the same object: nothing is imported twice."""
    remote = Remote()
    remote.find()
    (first,) = remote.keys.find("a", "Ed25519")  # type: ignore[misc]
    assert first.verify("Ed25519", MESSAGE, sign("Ed25519", "Ed25519"))
    remote.move(600)
    remote.waits()
    (second,) = remote.keys.find("a", "Ed25519")  # type: ignore[misc]
    assert (2, True) == (remote.times, first is second)


@in_both_colours
def test_warmed_up_nobody_waits(finish: Any) -> None:
    """As the lifespan of an ASGI application has it; a second time costs nothing."""
    remote = Remote(finish=finish)
    finish(remote.keys.warm_up())
    finish(remote.keys.warm_up())
    assert (["a"], 1) == (remote.at_once(), remote.times)
    remote.move(480)
    finish(remote.keys.warm_up())
    assert 2 == remote.times


def test_a_warm_up_that_fails_is_no_failure_of_the_start() -> None:
    """The first request tries again."""
    remote = Remote(DOWN, key_set(A))
    run(remote.keys.warm_up())
    assert (["a"], 2) == (remote.waits(), remote.times)


AGES = [
    (key_set(A), 600),
    (key_set(A, cache_control="public"), 600),
    (key_set(A, cache_control="max-age=300"), 300),
    (key_set(A, cache_control="public, max-age=300, must-revalidate"), 300),
    (key_set(A, cache_control="max-age=300", age="100"), 200),
    (key_set(A, cache_control="max-age=300", age="300"), 60),
    (key_set(A, cache_control="max-age=300", age="x"), 60),
    (key_set(A, cache_control="max-age=1"), 60),
    (key_set(A, cache_control="max-age=x"), 60),
    (key_set(A, cache_control="no-cache"), 60),
    (key_set(A, cache_control="no-store, max-age=300"), 60),
    (key_set(A, cache_control="max-age=5184000"), 3600),
    (key_set(A, cache_control="max-age=" + "9" * 400), 3600),
]


@pytest.mark.parametrize(("says", "seconds"), AGES)
def test_a_set_is_good_for_as_long_as_its_answer_says(says: Any, seconds: int) -> None:
    """From a minute to an hour, ten minutes where it does not say: then somebody waits for the next."""
    remote = Remote(says)
    remote.find()
    remote.move(seconds * 0.8 - 0.125)
    assert (["a"], 1) == (remote.at_once(), remote.times)
    remote.move(seconds * 0.2 + 0.125)
    remote.says(key_set(B))
    assert ([], 2) == (remote.waits(), remote.times)


def test_the_bounds_can_be_chosen() -> None:
    """Both at once, where an age is to be fixed."""
    remote = Remote(key_set(A, cache_control="max-age=300"), min_age_seconds=5, max_age_seconds=5)
    remote.find()
    remote.move(5)
    assert (["a"], 2) == (remote.waits(), remote.times)


@in_both_colours
def test_it_is_fetched_ahead_of_need_and_nobody_waits(finish: Any) -> None:
    """In the last fifth of its life by the next request, aside; the one after that has the new keys."""
    remote = Remote(finish=finish)
    remote.find()
    remote.says(key_set(A, B))
    remote.move(479.875)
    assert (["a"], 1) == (remote.at_once(), remote.times)
    remote.move(0.125)
    assert (["a"], 2) == (remote.at_once(), remote.times)
    assert "send" == remote.http.called[-1]
    assert (["b"], 2) == (remote.at_once("b"), remote.times)
    remote.move(479.875)
    assert (["b"], 2) == (remote.at_once("b"), remote.times)
    remote.move(0.125)
    assert (["b"], 3) == (remote.at_once("b"), remote.times)


def test_it_is_fetched_ahead_however_short_its_life() -> None:
    """Also where that is shorter than the pause after a failure."""
    remote = Remote(min_age_seconds=20, max_age_seconds=20)
    remote.find()
    for times in (2, 3, 4):
        remote.move(16)
        assert (["a"], times) == (remote.at_once(), remote.times)


def test_its_age_counts_from_the_question() -> None:
    """Not from the answer, which may have been slow."""
    remote = Remote()
    remote.http.meanwhile = lambda: remote.move(100)
    remote.find()
    remote.http.meanwhile = lambda: None
    remote.move(499.875)
    assert ["a"] == remote.at_once()
    remote = Remote()
    remote.http.meanwhile = lambda: remote.move(100)
    remote.find()
    remote.move(500)
    assert ["a"] == remote.waits()


def test_a_key_that_is_no_longer_listed_is_gone() -> None:
    """At the fetch that shows it, and whoever remembers what it signed is told."""
    remote = Remote(key_set(A, B))
    assert (["b"], 0) == (remote.find("b"), remote.told)
    remote.says(key_set(A))
    remote.move(480)
    remote.at_once()
    assert ([], 1) == (remote.find("b"), remote.told)


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (key_set(A, B), 0),
        (key_set(B, A), 0),
        (key_set(A, B, C), 0),
        (key_set(A, B, {"kty": "AKP"}), 0),
        (key_set(A, B, cache_control="max-age=70"), 0),
        (key_set({**A, "x5t": "x"}, B), 0),
        (key_set(B), 1),
        (key_set(C), 1),
        (key_set(A, {**B, "kid": "c"}), 1),
        (key_set(A, {**C, "kid": "b"}), 1),
        (key_set({**A, "use": "enc"}, B), 1),
        (key_set(A, jwk("Ed448", kid="b")), 1),
    ],
)
def test_whoever_remembers_is_told_of_what_is_good_no_more(says: Any, told: int) -> None:
    """Not of keys that came, nor of another order."""
    remote = Remote(key_set(A, B))
    remote.find()
    remote.says(says)
    remote.move(600)
    remote.find()
    assert (2, told) == (remote.times, remote.told)


def test_an_answer_that_was_overtaken_changes_nothing() -> None:
    """It was asked for before the one that is kept, so it may be older."""
    remote = Remote(key_set(A), key_set(A))
    remote.find()
    remote.move(600)
    slow = remote.keys._document._fetch_now()
    question: Any = next(slow)
    remote.move(1)
    remote.says(key_set(B))
    assert ([], ["b"]) == (remote.find(), remote.find("b"))
    with pytest.raises(StopIteration):
        slow.send(key_set(A))
    assert question is not None
    assert (["b"], 1) == (remote.at_once("b"), remote.told)


def test_nor_does_a_failure_that_was() -> None:
    """It says nothing of now."""
    remote = Remote()
    remote.find()
    remote.move(600)
    slow = remote.keys._document._fetch_now()
    next(slow)
    remote.move(1)
    remote.find()
    with pytest.raises(type(DOWN)):
        slow.throw(DOWN)
    assert remote.keys._document.failure is None


def test_a_set_in_its_own_media_type_is_taken_too() -> None:
    """RFC 7517 section 8.5.1."""
    content = key_set(A).content
    for content_type in ("application/jwk-set+json", "Application/JSON; charset=utf-8"):
        assert ["a"] == Remote(answer(content, content_type=content_type)).find()
