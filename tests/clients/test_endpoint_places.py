"""Few questions at a time: each has a place, and gives it back however it ends."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import threading
from typing import Any

import pytest

from bearerguard import forks
from bearerguard.breaker import Unreachable
from bearerguard.errors import InvalidToken, Unavailable
from bearerguard.flow import Flow, arun, run
from tests.breaking import CountedLock, Interrupted
from tests.clients.answering import answer, in_both_colours
from tests.clients.asking import Asking

REASON = "2 calls are in flight already"
LINE = f"the endpoint of as.example.org gets no more questions, the requests get 503: {REASON}"


def begin(it: Asking) -> Flow[Any]:
    """A question whose call is under way."""
    flow = it.ask()
    next(flow)
    return flow


def places(it: Asking) -> int:
    """How many more questions could be asked now."""
    held: list[Flow[Any]] = []
    try:
        while len(held) < 100:
            held.append(begin(it))
    except Unavailable:
        pass
    for flow in held:
        flow.close()
    return len(held)


@in_both_colours
def test_one_question_too_many_is_refused_at_once(finish: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Without a call, and with one line in ten seconds however many they are."""
    it = Asking(max_in_flight=2)
    held = [begin(it), begin(it)]
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        for _ in range(6):
            failure = it.failure(finish)
            assert (Unavailable, REASON, 1) == (type(failure), failure.what, failure.retry_after_seconds)
        it.clock.move(9.9)
        it.failure(finish)
        assert [(logging.ERROR, LINE)] == [(one.levelno, one.getMessage()) for one in caplog.records]
        it.clock.move(0.1)
        it.failure(finish)
    assert ([LINE] * 2, 0) == ([one.getMessage() for one in caplog.records], it.client.times)
    for flow in held:
        flow.close()
    it.endpoint.check()  # nothing of this counts as its failure


@in_both_colours
def test_a_place_is_held_for_as_long_as_the_call_lasts(finish: Any) -> None:
    """A second try is the same question, in the same place."""
    it = Asking(max_in_flight=3)
    left: list[int] = []
    it.client.meanwhile = lambda: left.append(places(it))
    finish(it.ask())
    it.client.says(Unavailable("no use"))
    it.failure(finish)
    assert ([2, 2], 3) == (left, places(it))


@in_both_colours
@pytest.mark.parametrize(
    "ends", [answer(), answer(b"", 503), Unreachable("TLS failed"), Unavailable("no use"), LookupError()]
)
def test_a_place_is_given_back_after_every_answer_and_failure(finish: Any, ends: Any) -> None:
    """Whatever becomes of the call."""
    it = Asking(ends, max_in_flight=1)
    if isinstance(ends, Exception) or ends.status != 200:
        with pytest.raises((Unavailable, LookupError)):
            finish(it.ask())
    else:
        finish(it.ask())
    assert (1, 1) == (places(it), it.client.times)


@in_both_colours
@pytest.mark.parametrize("error", [InvalidToken(), Unavailable("it answers 500"), LookupError()])
def test_a_place_is_given_back_whatever_is_made_of_the_answer(finish: Any, error: Exception) -> None:
    """Also where that fails."""
    it = Asking(max_in_flight=1)

    def refuse(response: Any) -> None:
        raise error

    with pytest.raises(type(error)):
        finish(it.ask(refuse))
    assert 1 == places(it)


def test_an_endpoint_that_is_left_alone_takes_no_place() -> None:
    """Its refusal is not a question."""
    it = Asking(Unreachable("TLS failed"), max_in_flight=1)
    for _ in range(8):
        it.failure(run)
    it.clock.move(1)
    assert 1 == places(it)


def test_a_cancelled_request_gives_its_place_back() -> None:
    """The client has left."""
    it = Asking(max_in_flight=1)
    it.client.gate = threading.Event()

    async def cancel() -> None:
        task = asyncio.create_task(arun(it.ask()))
        await asyncio.sleep(0)
        assert (1, 0) == (it.client.times, places(it))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert 1 == places(it)


def test_a_thread_that_is_interrupted_gives_its_place_back() -> None:
    """As by a KeyboardInterrupt."""
    it = Asking(Interrupted(), max_in_flight=1)
    with pytest.raises(Interrupted):
        run(it.ask())
    assert 1 == places(it)


def test_a_request_that_nobody_goes_on_with_gives_its_place_back() -> None:
    """Its generator is closed."""
    it = Asking(max_in_flight=1)
    flow = begin(it)
    assert 0 == places(it)
    flow.close()
    assert 1 == places(it)


def ask_on_threads(it: Asking, count: int, allowed: int) -> list[Any]:
    """Ask so often at once; nobody gets an answer before everybody else was refused."""
    answers: list[Any] = []
    at_once = threading.Barrier(count, timeout=10)
    assert it.client.gate is not None

    def ask() -> None:
        at_once.wait()
        try:
            answers.append(run(it.ask()))
        except Unavailable as error:
            answers.append(str(error))
        if len(answers) == count - allowed:
            it.client.gate.set()

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def ask_on_a_loop(it: Asking, count: int, allowed: int) -> list[Any]:
    """The same on one event loop."""
    answers: list[Any] = []
    assert it.client.gate is not None

    async def ask() -> None:
        try:
            answers.append(await arun(it.ask()))
        except Unavailable as error:
            answers.append(str(error))
        if len(answers) == count - allowed:
            it.client.gate.set()

    async def ask_all() -> None:
        await asyncio.gather(*(ask() for _ in range(count)))

    asyncio.run(ask_all())
    return answers


@pytest.mark.parametrize("ask_at_once", [ask_on_threads, ask_on_a_loop])
def test_many_at_once_are_few_calls(ask_at_once: Any) -> None:
    """Those that fit get their answer, the others hear at once that they do not."""
    it = Asking(max_in_flight=5)
    it.client.gate = threading.Event()
    answers = ask_at_once(it, 30, 5)
    assert ["5 calls are in flight already"] * 25 + [b"content"] * 5 == answers
    assert (5, 5) == (it.client.times, places(it))


def test_places_are_counted_under_the_lock() -> None:
    """Once to take one, once to give it back; two threads never get the same one."""
    it = Asking()
    it.endpoint._lock = lock = CountedLock()  # type: ignore[assignment]
    flow = begin(it)
    assert 1 == lock.taken
    flow.close()
    assert 2 == lock.taken


def test_what_a_forked_child_counts() -> None:
    """As it does where no coverage looks: the calls in flight are the parent's, and end there."""
    it = Asking(max_in_flight=2)
    held, lock = begin(it), it.endpoint._lock
    forks._renew_all()
    assert (2, True) == (places(it), lock is not it.endpoint._lock)
    held.close()
    assert 2 == places(it)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_all_its_places() -> None:
    """However many calls its parent was making; the parent's own stay taken."""
    it = Asking(max_in_flight=2)
    held = begin(it)
    context = multiprocessing.get_context("fork")
    counted = context.SimpleQueue()
    child = context.Process(target=lambda: counted.put((places(it), held.close(), places(it))))
    child.start()
    child.join(20)
    assert ((2, None, 2), 0) == (counted.get(), child.exitcode)
    assert 1 == places(it)
    held.close()
