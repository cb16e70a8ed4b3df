"""One question at a time, on behalf of everybody who asks the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from bearerguard.clients.coalesce import Coalesce
from bearerguard.errors import InsufficientScope, InvalidToken, Reason, Unavailable
from bearerguard.flow import Flow, arun, call, run


class Question:
    """A question that waits for `go` and counts how often it is asked."""

    def __init__(self, answer: Any = "answer") -> None:
        self.asked = 0
        self.answer = answer

    def flow(self, wait: Callable[[], Any]) -> Flow[Any]:
        self.asked += 1
        yield from call(wait)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def on_a_loop(question: Question, count: int, cancelled: tuple[int, ...] = ()) -> list[Any]:
    """Ask so many times at once on one loop."""

    async def ask_all() -> list[Any]:
        coalesce, go = Coalesce(), asyncio.Event()
        tasks = [
            asyncio.create_task(arun(coalesce.ask("key", lambda: question.flow(go.wait))))
            for _ in range(count)
        ]
        await asyncio.sleep(0.01)
        for at in cancelled:
            tasks[at].cancel()
        await asyncio.sleep(0.01)
        go.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert {} == coalesce._flights
        return answers

    return asyncio.run(ask_all())


def on_threads(question: Question, count: int) -> list[Any]:
    """Ask so many times at once on as many threads."""
    coalesce, go = Coalesce(), threading.Event()
    answers: list[Any] = []
    begun = threading.Semaphore(0)

    def ask() -> None:
        begun.release()
        try:
            answers.append(run(coalesce.ask("key", lambda: question.flow(lambda: bool(go.wait(10))))))
        except Exception as error:  # noqa: BLE001 - collected
            answers.append(error)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for _ in threads:
        begun.acquire()
    threading.Event().wait(0.05)  # let the last of them reach the flight
    go.set()
    for thread in threads:
        thread.join()
    assert {} == coalesce._flights
    return answers


@pytest.mark.parametrize("ask", [on_a_loop, on_threads])
def test_a_question_is_asked_once(ask: Callable[[Question, int], list[Any]]) -> None:
    """And everybody gets the answer."""
    question = Question()
    assert ["answer"] * 50 == ask(question, 50)
    assert 1 == question.asked


@pytest.mark.parametrize("ask", [on_a_loop, on_threads])
@pytest.mark.parametrize(
    "error", [Unavailable("down", 9), InvalidToken(Reason.REVOKED), InsufficientScope(("a", "b"))]
)
def test_a_failure_is_everybodys(ask: Callable[[Question, int], list[Any]], error: Any) -> None:
    """Each gets a copy, so that no two requests write on one traceback."""
    question = Question(error)
    answers = ask(question, 5)
    assert [(type(error), error.args)] * 5 == [(type(one), one.args) for one in answers]
    assert 5 == len({id(one) for one in answers})
    assert 1 == question.asked


class Elsewhere(Unavailable):
    """Somebody's own outage, built in another way than ours."""

    def __init__(self, *, part: str) -> None:
        super().__init__(f"{part} is down", 3)


@pytest.mark.parametrize("ask", [on_a_loop, on_threads])
def test_a_failure_of_somebodys_own_class_is_everybodys(ask: Callable[[Question, int], list[Any]]) -> None:
    """Its followers get ours, which says the same."""
    answers = ask(Question(Elsewhere(part="the database")), 3)
    assert [("the database is down", 3)] * 3 == [(one.what, one.retry_after_seconds) for one in answers]


@pytest.mark.parametrize("ask", [on_a_loop, on_threads])
def test_a_failure_that_is_not_ours_stays_a_failure(ask: Callable[[Question, int], list[Any]]) -> None:
    """Its text, which may hold anything, stays with the leader."""
    answers = ask(Question(LookupError("with a secret")), 3)
    assert 1 == sum(isinstance(one, LookupError) for one in answers)
    shared = [one for one in answers if isinstance(one, RuntimeError)]
    assert ["the look-up that this request shared failed: LookupError"] * 2 == [str(one) for one in shared]


def test_a_leader_that_goes_away_does_not_fail_its_followers() -> None:
    """One of them leads next."""
    question = Question()
    first, *others = on_a_loop(question, 5, cancelled=(0,))
    assert isinstance(first, asyncio.CancelledError)
    assert (["answer"] * 4, 2) == (others, question.asked)


def test_a_follower_that_goes_away_fails_nobody() -> None:
    """It only leaves."""
    question = Question()
    first, second, third = on_a_loop(question, 3, cancelled=(1,))
    assert isinstance(second, asyncio.CancelledError)
    assert ("answer", "answer", 1) == (first, third, question.asked)


class Interrupted(BaseException):
    """As KeyboardInterrupt is."""


def test_a_thread_that_is_interrupted_does_not_fail_its_followers() -> None:
    """Nobody waits for ever."""
    coalesce, led, go = Coalesce(), threading.Event(), threading.Event()
    answers: list[str] = []

    def interrupted() -> Flow[str]:
        led.set()
        go.wait(10)
        raise Interrupted
        yield

    def lead() -> None:
        with pytest.raises(Interrupted):
            run(coalesce.ask("key", interrupted))

    def follow() -> None:
        answers.append(run(coalesce.ask("key", lambda: call(lambda: "answer"))))

    leader, follower = threading.Thread(target=lead), threading.Thread(target=follow)
    leader.start()
    led.wait(10)
    follower.start()
    threading.Event().wait(0.05)
    go.set()
    leader.join()
    follower.join()
    assert ["answer"] == answers


def test_nobody_joins_a_flight_after_it_was_detached() -> None:
    """Who is aboard stays; who comes after a revocation asks anew."""

    async def ask() -> tuple[list[Any], int]:
        coalesce, go, question = Coalesce(), asyncio.Event(), Question()

        def board() -> asyncio.Task[Any]:
            return asyncio.create_task(arun(coalesce.ask("key", lambda: question.flow(go.wait))))

        tasks = [board(), board()]
        await asyncio.sleep(0)
        coalesce.detach("other")
        tasks.append(board())
        await asyncio.sleep(0)
        coalesce.detach("key")
        tasks.append(board())
        await asyncio.sleep(0)
        coalesce.detach(None)
        tasks.append(board())
        await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(*tasks), question.asked

    assert (["answer"] * 5, 3) == asyncio.run(ask())


def test_loops_do_not_wait_for_each_other() -> None:
    """An event belongs to one loop; threads share one flight."""
    coalesce = Coalesce()
    barrier = threading.Barrier(2, timeout=10)
    question = Question()

    def on_own_loop() -> None:
        asyncio.run(arun(coalesce.ask("key", lambda: question.flow(barrier.wait))))

    threads = [threading.Thread(target=on_own_loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2 == question.asked


def test_a_detached_flight_that_lands_leaves_its_successor_alone() -> None:
    """Who asks after that joins the successor."""
    coalesce = Coalesce()

    async def ask_all() -> list[str]:
        gates = [asyncio.Event(), asyncio.Event(), asyncio.Event()]
        questions = iter([Question("old"), Question("new"), Question("one too many")])
        waits = iter(gates)

        def ask() -> asyncio.Task[str]:
            return asyncio.create_task(
                arun(coalesce.ask("key", lambda: next(questions).flow(next(waits).wait)))
            )

        old = ask()
        await asyncio.sleep(0.01)
        coalesce.detach("key")
        new = ask()
        await asyncio.sleep(0.01)
        gates[0].set()
        await old
        late = ask()
        await asyncio.sleep(0.01)
        for gate in gates:
            gate.set()
        return [await task for task in (old, new, late)]

    assert ["old", "new", "new"] == asyncio.run(ask_all())


def test_a_leader_that_the_garbage_collector_ends_waits_for_nobody() -> None:
    """Of a loop that was closed over it; the thread may be in the middle of another one's boarding."""
    coalesce, loop = Coalesce(), asyncio.new_event_loop()
    led = arun(coalesce.ask("key", lambda: Question().flow(asyncio.Event().wait)))
    leader: asyncio.Task[Any] = loop.create_task(led)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    def collect() -> None:
        with coalesce._lock:
            led.close()

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(10)
    assert ({}, False, False) == (coalesce._flights, thread.is_alive(), leader.done())
    leader._log_destroy_pending = False  # type: ignore[attr-defined] # which it is, on purpose
