"""One line when something goes down and one when it is back: no request can make the log flicker."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bearerguard.errors import InvalidToken, Unavailable
from bearerguard.outage import MAX_REASONS, QUIET_SECONDS, Outage, Seldom
from tests.support import Clock

DOWN = "it is unavailable, requests that need it get 503: "
BACK = "it answers again"


class Watched:
    """Something that may be down, under a clock that stands still."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.clock = Clock()
        self._outage = Outage("it", monotonic=self.clock)
        self._caplog = caplog

    def fail(self, reason: str = "no answer", after_seconds: float = 0.0) -> list[str]:
        with pytest.raises(Unavailable, match=f"^{reason}$"):
            self._watch(Unavailable(reason), after_seconds)
        return self.told()

    def answer(self, refusal: Exception | None = None, after_seconds: float = 0.0) -> list[str]:
        if refusal is None:
            self._watch(None, after_seconds)
        else:
            with pytest.raises(type(refusal)):
                self._watch(refusal, after_seconds)
        return self.told()

    def _watch(self, error: Exception | None, after_seconds: float) -> None:
        self.clock.move(after_seconds)
        with self._outage.watch():
            if error is not None:
                raise error

    def told(self) -> list[str]:
        """What the log says since the last look."""
        texts = [one.getMessage() for one in self._caplog.records]
        self._caplog.clear()
        return texts


@pytest.fixture
def it(caplog: pytest.LogCaptureFixture) -> Iterator[Watched]:
    with caplog.at_level(logging.DEBUG):
        yield Watched(caplog)


def test_an_outage_is_told_once_and_so_is_its_end(it: Watched) -> None:
    """However many ask, however long it lasts."""
    assert [f"{DOWN}no answer"] == it.fail()
    assert [] == [line for _ in range(100) for line in it.fail(after_seconds=60)]
    assert [BACK] == it.answer()
    assert [] == [line for _ in range(100) for line in it.answer(after_seconds=60)]


def test_the_beginning_is_louder_than_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """An error, then a warning; both by default in a log that shows no more."""
    watched = Watched(caplog)
    with pytest.raises(Unavailable):
        watched._watch(Unavailable("no answer"), 0)
    watched._watch(None, 0)
    assert [logging.ERROR, logging.WARNING] == [one.levelno for one in caplog.records]


def test_what_never_failed_is_not_told(it: Watched) -> None:
    """Nothing is back that was not gone."""
    assert [] == it.answer()
    assert [] == it.answer(InvalidToken())


def test_a_refusal_is_an_answer_too(it: Watched) -> None:
    """Whoever says no is there."""
    it.fail()
    assert [BACK] == it.answer(InvalidToken())


def test_an_error_of_another_kind_says_nothing(it: Watched) -> None:
    """A mistake in a program neither begins nor ends an outage."""
    assert [] == it.answer(LookupError())
    it.fail()
    assert [] == it.answer(LookupError())
    assert [BACK] == it.answer()


def test_another_reason_is_news(it: Watched) -> None:
    """Who repairs one wants to know of the next."""
    assert [f"{DOWN}no answer"] == it.fail()
    assert [f"{DOWN}TLS failed"] == it.fail("TLS failed")
    assert [BACK] == it.answer()


def test_two_reasons_in_turn_are_told_once_each_in_ten_seconds(it: Watched) -> None:
    """Not at every change."""
    lines = [line for _ in range(50) for reason in ("a", "b") for line in it.fail(reason)]
    assert [f"{DOWN}a", f"{DOWN}b"] == lines
    assert [] == it.fail("a", after_seconds=9.9)
    assert [f"{DOWN}a"] == it.fail("a", after_seconds=0.1)


def test_what_comes_and_goes_is_told_once_in_ten_seconds(it: Watched) -> None:
    """A stranger's tokens may fail at every second request."""
    lines = [line for _ in range(40) for line in it.fail() + it.answer(after_seconds=0.125)]
    assert [f"{DOWN}no answer", BACK] == lines
    assert [f"{DOWN}no answer"] == it.fail(after_seconds=5)


@pytest.mark.parametrize(("seconds", "expected"), [(9.9, []), (10.0, [f"{DOWN}no answer"])])
def test_the_same_reason_is_news_after_ten_seconds(it: Watched, seconds: float, expected: list[str]) -> None:
    """Since it was told, to the second."""
    it.fail()
    it.answer()
    assert expected == it.fail(after_seconds=seconds)
    assert 10 == QUIET_SECONDS


def test_a_real_outage_right_after_a_short_one_is_told_at_last(it: Watched) -> None:
    """It is quiet for ten seconds, and not for ever."""
    it.fail()
    it.answer(after_seconds=1)
    assert [] == it.fail(after_seconds=1)
    assert [] == it.fail(after_seconds=7.9)
    assert [f"{DOWN}no answer"] == it.fail(after_seconds=0.1)
    assert [BACK] == it.answer()


def test_the_end_is_told_only_where_the_beginning_was(it: Watched) -> None:
    """An outage that nobody heard of is over without a word."""
    it.fail()
    it.answer()
    assert [] == it.fail(after_seconds=1)
    assert [] == it.answer()


def test_too_many_reasons_are_no_news() -> None:
    """A hostile server chooses among hundreds; neither memory nor the log grows with them."""
    clock = Clock()
    seldom = Seldom(clock)
    assert [True] * MAX_REASONS == [seldom.is_news(str(number)) for number in range(MAX_REASONS)]
    assert [False, False] == [seldom.is_news(text) for text in ("0", str(MAX_REASONS - 1))]
    assert [False, False, False] == [seldom.is_news(text) for text in ("one more", "one more", "0")]
    clock.move(10)
    assert [True, False, True] == [seldom.is_news(text) for text in ("one more", "one more", "0")]
    assert 100 == MAX_REASONS
    assert len(seldom._told_at) <= MAX_REASONS
