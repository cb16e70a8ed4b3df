"""How many searches a turn has, with several event loops and forks: driven by hand, each as one of a loop."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from bearerguard import forks
from bearerguard.errors import Unavailable
from bearerguard.flow import Flow, run
from bearerguard.keys._searching import Search
from tests.support import Clock

DOWN = Unavailable("it answers 500")


class Searching:
    """A search whose fetches wait until they are told what became of them."""

    def __init__(self) -> None:
        self.clock = Clock(500.0)
        self.fetches = 0
        self.search = Search(self._fetch, cooldown_seconds=30.0, monotonic=self.clock)

    def begin(self) -> Generator[Any, Any, None] | None:
        """Search as an event loop with nobody to follow does; None where it is not let."""
        flow: Any = self.search._search()
        return flow if next(flow, None) is not None else None

    def _fetch(self) -> Flow[None]:
        self.fetches += 1
        yield "waiting"


def end(flow: Any, error: Exception | None = None) -> None:
    """Let a search have its answer."""
    with pytest.raises(StopIteration if error is None else type(error)):
        flow.send(None) if error is None else flow.throw(error)


@pytest.mark.parametrize("error", [None, DOWN])
def test_searches_of_event_loops_are_no_endless_chain(error: Exception | None) -> None:
    """One that ends while another is under way is followed by none, or there would be one at all times."""
    it = Searching()
    flow, beside = it.begin(), it.begin()
    assert flow is not None
    assert beside is not None
    end(flow, error)
    assert [None] * 20 == [it.begin() for _ in range(20)]
    end(beside, error)
    assert ([None] * 20, 2, True) == ([it.begin() for _ in range(20)], it.fetches, it.search.is_over)
    it.clock.move(30)
    assert it.begin() is not None


def test_the_answer_of_any_ends_the_turn() -> None:
    """Of one beside the first too: it was asked later, so what it says is newer."""
    it = Searching()
    flow, beside = it.begin(), it.begin()
    end(beside)
    assert (None, False) == (it.begin(), it.search.is_over)
    end(flow)
    assert (None, True, 2) == (it.begin(), it.search.is_over, it.fetches)


def test_cancelled_ones_beside_an_answer_buy_none() -> None:
    """What they would have found is known."""
    it = Searching()
    flow, beside, another = it.begin(), it.begin(), it.begin()
    assert beside is not None
    assert another is not None
    beside.close()
    assert it.search.is_open
    end(flow)
    another.close()
    assert (None, False, True, 3) == (it.begin(), it.search.is_open, it.search.is_over, it.fetches)


def test_one_of_an_earlier_turn_says_nothing_of_this() -> None:
    """A fetch that takes longer than the pause."""
    it = Searching()
    slow = it.begin()
    it.clock.move(30)
    flow = it.begin()
    assert slow is not None
    assert flow is not None
    end(slow)
    flow.close()
    assert (True, False) == (it.search.is_open, it.search.is_over)
    end(it.begin())
    assert (None, 3) == (it.begin(), it.fetches)


def test_a_search_of_the_parent_that_ends_in_the_child_counts_for_nothing() -> None:
    """As a pending task does when the child's memory is cleaned up: it has its own budget."""
    it = Searching()
    flow = it.begin()
    assert flow is not None
    lock = it.search._lock
    with lock:  # as another thread of the parent may
        forks._renew_all()
        flow.close()
        assert (False, False) == (it.search.is_open, it.search.is_over)
        end(it.begin())
    assert ([None] * 20, True, 2) == ([it.begin() for _ in range(20)], it.search.is_over, it.fetches)
    run(it.search.ask())
    assert 2 == it.fetches
