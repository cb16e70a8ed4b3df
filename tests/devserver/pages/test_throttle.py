"""The waits of failed logins, counted for names and for addresses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bearerguard.devserver.pages.throttle import (
    FORGET_SECONDS,
    FREE_ATTEMPTS_OF_ADDRESS,
    FREE_ATTEMPTS_OF_NAME,
    MAX_WAIT_SECONDS,
    Throttle,
)
from tests.support import Clock


def test_attempts_at_once_are_counted_before_they_are_judged() -> None:
    """Of many that come together no more than the free ones are let through."""
    throttle = Throttle(monotonic=Clock())
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda number: throttle.wait_seconds("alice", number), range(50)))
    assert FREE_ATTEMPTS_OF_NAME == waits.count(0.0)


def test_a_success_takes_back_its_own_attempt_at_the_address_only() -> None:
    """A whole class behind one address can log in; who guesses there is not helped by it."""
    throttle = Throttle(monotonic=Clock())
    for number in range(FREE_ATTEMPTS_OF_ADDRESS * 2):
        assert 0.0 == throttle.wait_seconds(number, "192.0.2.7")
        throttle.succeeded(number, "192.0.2.7")
    waits = [throttle.wait_seconds(("guess", number), "192.0.2.7") for number in range(22)]
    assert [0.0] * FREE_ATTEMPTS_OF_ADDRESS + [1.0, 1.0] == waits


def test_the_last_free_attempt_makes_nobody_wait_who_was_right() -> None:
    """It counts as failed only until it is judged, for the name and for the address."""
    throttle = Throttle(monotonic=Clock())
    for number in range(FREE_ATTEMPTS_OF_ADDRESS - 1):
        assert 0.0 == throttle.wait_seconds(number, "192.0.2.7")
    assert 0.0 == throttle.wait_seconds("alice", "192.0.2.7")
    assert 1.0 == throttle.wait_seconds("alice", "192.0.2.7")
    throttle.succeeded("alice", "192.0.2.7")
    assert 0.0 == throttle.wait_seconds("alice", "192.0.2.7")


def test_a_success_after_an_hour_has_nothing_to_take_back() -> None:
    """Whatever was counted is forgotten by then."""
    clock = Clock()
    throttle = Throttle(monotonic=clock)
    throttle.wait_seconds("alice", "192.0.2.7")
    clock.move(FORGET_SECONDS)
    throttle.succeeded("alice", "192.0.2.7")
    assert 0.0 == throttle.wait_seconds("alice", "192.0.2.7")


def test_no_wait_is_longer_than_the_longest() -> None:
    """However often somebody has failed."""
    clock = Clock()
    throttle = Throttle(monotonic=clock)
    for _ in range(40):
        clock.move(throttle.wait_seconds("alice", "192.0.2.7"))
    clock.move(MAX_WAIT_SECONDS)
    assert 0.0 == throttle.wait_seconds("alice", "192.0.2.7")
    assert MAX_WAIT_SECONDS == throttle.wait_seconds("alice", "192.0.2.7")


def test_failures_are_forgotten_after_an_hour() -> None:
    """The counter begins anew."""
    clock = Clock()
    throttle = Throttle(monotonic=clock)
    for _ in range(FREE_ATTEMPTS_OF_NAME):
        throttle.wait_seconds("alice", "192.0.2.7")
    assert 1.0 == throttle.wait_seconds("alice", "192.0.2.7")
    clock.move(FORGET_SECONDS)
    for _ in range(FREE_ATTEMPTS_OF_NAME):
        assert 0.0 == throttle.wait_seconds("alice", "192.0.2.7")
    assert 1.0 == throttle.wait_seconds("alice", "192.0.2.7")
