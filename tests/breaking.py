"""Something to be asked through a breaker, under a clock that is moved by hand."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

import pytest

from bearerguard.breaker import Breaker, Unreachable
from bearerguard.errors import Unavailable
from tests.support import Clock

LEFT_ALONE = "the server has failed several times in a row and is left alone for a while"


def no_answer() -> Unreachable:
    """A failure that counts."""
    return Unreachable("no answer")


class Interrupted(BaseException):
    """As KeyboardInterrupt is."""


class Asked:
    """Something that may be down."""

    def __init__(self) -> None:
        self.clock = Clock(500.0)
        self.breaker = Breaker("the server", monotonic=self.clock)

    def answer(self) -> None:
        with self.breaker.attempt():
            pass

    def end_with(self, error: BaseException) -> None:
        with pytest.raises(type(error)) as caught, self.breaker.attempt():
            raise error
        assert error is caught.value

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            self.end_with(no_answer())

    def refusal(self) -> Unavailable:
        """What a question gets at once; without one, the same is said to whoever looks first."""
        with pytest.raises(Unavailable) as checked:
            self.breaker.check()
        with pytest.raises(Unavailable) as asked, self.breaker.attempt():
            pytest.fail("it was asked")
        assert checked.value.args == asked.value.args
        assert type(asked.value) is Unavailable  # of the kind that does not count
        return asked.value

    def is_left_alone(self) -> bool:
        try:
            self.breaker.check()
        except Unavailable:
            return True
        return False

    def pause(self) -> float:
        """Wait for as long as it is left alone, to the eighth of a second."""
        began = self.clock()
        while self.is_left_alone():
            self.clock.move(0.125)
            assert self.clock() < began + 60, "it is left alone for ever"
        return self.clock() - began

    def begin(self) -> AbstractContextManager[None]:
        """Ask, and wait for the answer; see `end`."""
        question = self.breaker.attempt()
        question.__enter__()
        return question


def end(question: AbstractContextManager[None], error: BaseException | None = None) -> None:
    """Let a question that was begun end so."""
    is_swallowed = question.__exit__(error and type(error), error, None)
    assert not is_swallowed


class CountedLock:
    """A lock that counts how often it is taken."""

    def __init__(self) -> None:
        self.taken = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self._lock.release()
