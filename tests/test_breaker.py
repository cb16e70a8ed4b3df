"""What keeps failing is left alone for a growing while."""

from __future__ import annotations

import logging

import pytest

from bearerguard.breaker import FAILURES, Inconclusive
from bearerguard.errors import InvalidToken, Unavailable
from tests.breaking import LEFT_ALONE, Asked

ONE_LINE = (
    "the server has failed 5 times in a row: it is left alone for 1 to 30 seconds at a time, "
    "and requests that need it get 503 at once"
)
ANSWERS = [InvalidToken(), Unavailable("it answers 500")]
NO_ANSWERS = [Inconclusive("the connection was lost"), LookupError("a mistake"), KeyboardInterrupt()]


@pytest.fixture
def it() -> Asked:
    return Asked()


def test_the_fifth_failure_in_a_row_opens_it(it: Asked) -> None:
    """Not the fourth, which a server that restarts may cause."""
    it.fail(4)
    assert not it.is_left_alone()
    it.fail()
    assert LEFT_ALONE == it.refusal().what
    assert 5 == FAILURES


def test_a_success_breaks_the_row(it: Asked) -> None:
    """Four and four are not eight."""
    for _ in range(3):
        it.fail(4)
        it.answer()
    it.fail(4)
    assert not it.is_left_alone()


@pytest.mark.parametrize("answer", ANSWERS)
def test_another_failure_breaks_the_row(it: Asked, answer: Exception) -> None:
    """It concerns one question: a stranger's five must not close the API."""
    for _ in range(3):
        it.fail(4)
        it.end_with(answer)
    it.fail(4)
    assert not it.is_left_alone()


def test_the_pause_doubles_up_to_half_a_minute(it: Asked) -> None:
    """1, 2, 4, 8, 16, 30, 30 seconds: each probe that fails is one step."""
    it.fail(5)
    pauses = [it.pause()]
    for _ in range(6):
        it.fail()
        pauses.append(it.pause())
    assert [1, 2, 4, 8, 16, 30, 30] == pauses


def test_a_success_closes_it_and_starts_anew(it: Asked) -> None:
    """Five failures are needed again, and the first pause is short again."""
    it.fail(5)
    it.pause()
    it.fail()
    assert 2 == it.pause()
    it.answer()
    it.fail(4)
    assert not it.is_left_alone()
    it.fail()
    assert 1 == it.pause()


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_probe_that_brings_an_answer_closes_it(it: Asked, answer: Exception) -> None:
    """Whatever that is: somebody is there."""
    it.fail(5)
    it.pause()
    it.end_with(answer)
    it.fail(4)
    assert not it.is_left_alone()


@pytest.mark.parametrize("failure", NO_ANSWERS)
def test_what_is_no_answer_neither_counts_nor_breaks_the_row(it: Asked, failure: BaseException) -> None:
    """Our own limits, a lost connection, a mistake of a client's: nothing is known of the server."""
    it.fail(4)
    for _ in range(10):
        it.end_with(failure)
    assert not it.is_left_alone()
    it.fail()
    assert it.is_left_alone()


@pytest.mark.parametrize("failure", NO_ANSWERS)
def test_a_probe_without_an_answer_leaves_it_open(it: Asked, failure: BaseException) -> None:
    """The next may probe at once, and its failure doubles the pause."""
    it.fail(5)
    it.pause()
    it.end_with(failure)
    it.fail()
    assert 2 == it.pause()


def test_when_to_try_again_is_said(it: Asked) -> None:
    """In whole seconds, rounded up, one at least."""
    it.fail(5)
    for _ in range(5):
        it.pause()
        it.fail()
    seconds = []
    for moved in (0, 0.5, 0.5, 27.5, 1, 0.25):
        it.clock.move(moved)
        seconds.append(it.refusal().retry_after_seconds)
    assert [30, 30, 29, 2, 1, 1] == seconds


def test_one_line_says_that_it_is_left_alone(it: Asked, caplog: pytest.LogCaptureFixture) -> None:
    """An error when it opens; none for a probe that fails, and one more when it opens again."""
    with caplog.at_level(logging.DEBUG):
        it.fail(4)
        assert [] == caplog.records
        it.fail()
        for _ in range(3):
            it.pause()
            it.fail()
        assert [(logging.ERROR, ONE_LINE)] == [(one.levelno, one.getMessage()) for one in caplog.records]
        it.pause()
        it.answer()
        it.fail(5)
    assert [ONE_LINE] * 2 == [one.getMessage() for one in caplog.records]
