"""An endpoint whose URL has to be found out first, and may be another one the next time."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.breaker import Unreachable
from bearerguard.clients import UrlSource
from bearerguard.errors import InvalidToken, Reason, Unavailable
from bearerguard.flow import Flow, Step, call, run
from tests.clients.answering import answer, in_both_colours
from tests.clients.asking import Asking

ONE, TWO = "https://one.example.org/x", "https://two.example.org/x"
LOST = Unavailable("the metadata cannot be had")
DOWN = Unreachable("no answer")


class Source(UrlSource):
    """Finds what it is told to, at once or later, and notes what it hears."""

    host = "as.example.org/tenant"

    def __init__(self, found: Any = ONE, *, later: bool = False) -> None:
        self.found = found
        self.later = later
        self.heard: list[str] = []

    def find(self) -> Step[str]:
        self.heard.append("find")
        return self._find() if self.later else self._now()

    def doubt(self) -> None:
        self.heard.append("doubt")

    def close(self) -> Flow[None]:
        self.heard.append("close")
        yield from ()

    def _find(self) -> Flow[str]:
        yield from ()
        return self._now()

    def _now(self) -> str:
        if isinstance(self.found, Exception):
            raise self.found
        found: str = self.found
        return found


def asking(source: Source, *answers: Any) -> Asking:
    return Asking(*answers, url=source)


@in_both_colours
@pytest.mark.parametrize("later", [False, True])
def test_each_call_goes_where_it_is_then(finish: Any, later: bool) -> None:
    """A URL is not kept."""
    source = Source(later=later)
    it = asking(source)
    finish(it.ask())
    source.found = TWO
    finish(it.ask())
    assert [ONE, TWO] == [request.url for request in it.client.asked]
    assert ["find", "find"] == source.heard


@in_both_colours
@pytest.mark.parametrize("later", [False, True])
def test_where_it_cannot_be_found_nothing_is_asked_and_nothing_counts(finish: Any, later: bool) -> None:
    """Not against the endpoint, which has done nothing; nor is it doubted."""
    source = Source(LOST, later=later)
    it = asking(source)
    assert [LOST] * 6 == [it.failure(finish) for _ in range(6)]
    source.found = ONE
    assert (b"content", ["find"] * 7) == (finish(it.ask()), source.heard)


@pytest.mark.parametrize(
    ("given", "read", "is_doubted"),
    [
        (DOWN, None, True),
        (answer(b"", 503), None, True),
        (answer(b"", 404), Unavailable("it answers 404"), True),
        (answer(b""), InvalidToken(Reason.WRONG_ISSUER), False),
        (answer(b""), None, False),
    ],
)
def test_one_that_does_not_do_as_it_should_is_doubted(given: Any, read: Any, is_doubted: bool) -> None:
    """A refusal is an answer as it should be."""
    source = Source()
    it = asking(source, given)

    def reading(response: Any) -> Any:
        if read is not None:
            raise read

    try:
        run(it.ask(reading))
    except (Unavailable, InvalidToken):
        pass
    assert (["find", "doubt"] if is_doubted else ["find"]) == source.heard


@in_both_colours
def test_closing_waits_for_the_source_first(finish: Any) -> None:
    """What is under way there uses the connections."""
    source = Source()
    it = asking(source)
    source.close = lambda: _noted(it)  # type: ignore[method-assign]
    finish(it.endpoint.close())
    assert ["source", "close" if finish is run else "aclose"] == it.client.called


def _noted(it: Asking) -> Flow[None]:
    it.client.called.append("source")
    yield from ()


@in_both_colours
@pytest.mark.parametrize("found", [ONE, LOST])
def test_warming_up_finds_it_and_asks_nothing(finish: Any, found: Any) -> None:
    """A failure is whoever's who looks for it."""
    source = Source(found, later=True)
    it = asking(source)
    finish(it.endpoint.warm_up())
    assert (["find"], 0) == (source.heard, it.client.times)


def test_it_is_called_after_whose_it_is() -> None:
    """In the log and in a 503's reason."""
    it = asking(Source(), DOWN)
    for _ in range(5):
        it.failure(run)
    expected = "the endpoint of as.example.org/tenant has failed several times in a row"
    assert expected in str(it.failure(run))


class Slow(Source):
    """Has to make a call to find it."""

    def _find(self) -> Flow[str]:
        return (yield from call(str, self._now()))


def test_so_many_may_wait_for_the_url_and_no_more() -> None:
    """They hold requests too."""
    it = Asking(url=Slow(later=True), max_in_flight=1)
    waiting = it.ask()
    next(waiting)
    assert "1 calls are in flight already" == str(it.failure(run))
    waiting.close()
    assert (b"content", 1) == (run(it.ask()), it.client.times)
