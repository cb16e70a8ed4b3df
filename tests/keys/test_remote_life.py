"""Threads, event loops, forks and shutdowns: one fetch at a time, and nothing left over."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from typing import Any

import pytest
import trio

from bearerguard import forks
from bearerguard.flow import arun, run
from tests.clients.answering import in_both_colours
from tests.keys.fetching import DOWN, A, B, Remote
from tests.keys.material import key_set

ASIDE = "bearerguard-fetch"


def asides() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == ASIDE]


def test_threads_share_the_first_fetch() -> None:
    """A hundred requests at the start: one GET."""
    remote = Remote()
    remote.http.gate = threading.Event()
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(remote.find())) for _ in range(100)]
    for thread in threads:
        thread.start()
    remote.http.gate.set()
    for thread in threads:
        thread.join(20)
    assert ([["a"]] * 100, 1) == (found, remote.times)


@pytest.mark.parametrize("start", [asyncio.run, None], ids=["asyncio", "trio"])
def test_tasks_share_the_first_fetch(start: Any) -> None:
    """On a loop of either kind."""
    remote = Remote()
    found: list[Any] = []

    async def one() -> None:
        step: Any = remote.keys.find("a", "Ed25519")
        found.append([key.kid for key in await arun(step)])

    async def on_asyncio() -> None:
        await asyncio.gather(*(one() for _ in range(100)))

    async def on_trio() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(one)

    if start is None:
        remote.http.asend = _asend_on_trio(remote)  # type: ignore[method-assign]
        trio.run(on_trio)
    else:
        start(on_asyncio())
    assert ([["a"]] * 100, 1) == (found, remote.times)


def _asend_on_trio(remote: Remote) -> Any:
    async def asend(request: Any) -> Any:
        remote.http.asked.append(request)
        await trio.lowlevel.checkpoint()
        return key_set(A)

    return asend


def test_one_thread_fetches_aside_however_many_requests_come() -> None:
    """And they do not wait for it."""
    remote = Remote()
    remote.find()
    remote.move(480)
    remote.http.gate = threading.Event()
    assert [("a",)] * 50 == [tuple(key.kid for key in remote.keys.find("a", "Ed25519")) for _ in range(50)]  # type: ignore[union-attr]
    assert 1 == len(asides())
    remote.http.gate.set()
    remote.settle()
    assert ([], 2) == (asides(), remote.times)


def test_whoever_must_wait_joins_the_fetch_aside() -> None:
    """A thread, where the set has come to its end meanwhile."""
    remote = Remote()
    remote.find()
    remote.move(480)
    remote.says(key_set(B))
    remote.http.gate = gate = threading.Event()
    remote.keys.find("a", "Ed25519")
    remote.move(120)
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(remote.find("b")))
    waiting.start()
    gate.set()
    waiting.join(20)
    remote.settle()
    assert ([["b"]], 2) == (found, remote.times)


def test_where_no_thread_can_be_had_requests_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not ahead of need; and through an outage one of them in a while."""
    remote = Remote()
    remote.find()

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    remote.move(480)
    assert (["a"], 1) == (remote.at_once(), remote.times)
    remote.move(120)
    remote.says(DOWN)
    assert (["a"], ["a"], 2) == (remote.waits(), remote.at_once(), remote.times)
    remote.move(30)
    remote.says(key_set(A))
    assert (["a"], ["a"], 3) == (remote.find(), remote.at_once(), remote.times)


@in_both_colours
def test_closing_waits_for_what_goes_on_aside(finish: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And then closes the connections of its colour; the next request opens new ones."""
    remote = Remote(finish=finish)
    remote.find()
    remote.move(480)
    remote.http.gate = gate = threading.Event()
    remote.keys.find("a", "Ed25519")
    aside = remote.keys._document._aside
    wait = aside.wait
    monkeypatch.setattr(aside, "wait", lambda seconds: (gate.set(), wait(10 * seconds)))
    finish(remote.keys.close())
    assert [] == asides()
    assert ("send", "close" if finish is run else "aclose") == tuple(remote.http.called[-2:])
    assert ["a"] == remote.find()


@in_both_colours
def test_closing_does_not_wait_for_ever(finish: Any) -> None:
    """A call keeps to its deadline, and a shutdown to that."""
    remote = Remote(finish=finish, timeout_seconds=0.05)
    remote.find()
    remote.move(480)
    remote.http.gate = threading.Event()
    remote.keys.find("a", "Ed25519")
    finish(remote.keys.close())
    assert 1 == len(asides())
    remote.http.gate.set()
    remote.settle()


def test_closing_before_anything_was_asked_is_nothing() -> None:
    """As for a server that is stopped at once."""
    remote = Remote()
    run(remote.keys.close())
    assert (["a"], ["close", "send"]) == (remote.find(), remote.http.called)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_has_the_keys_and_none_of_the_fetches() -> None:
    """Forked while one goes on aside and another is waited for; it makes its own."""
    remote = Remote()
    remote.find()
    remote.move(480)
    remote.http.gate = threading.Event()
    remote.keys.find("a", "Ed25519")
    waiting = threading.Thread(target=remote.find, args=("b",))
    waiting.start()
    while not remote.keys._search._turn.under_way:
        waiting.join(0.001)
    times = remote.times
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def ask() -> None:
        remote.http.gate = None
        remote.says(key_set(A, B))
        found = remote.find("b"), remote.find("a")
        remote.settle()
        # The one aside may be over before the search begins, which then makes its own.
        answers.put((*found, remote.times - times in (1, 2), len(asides())))

    child = context.Process(target=ask)
    child.start()
    child.join(20)
    if child.is_alive():
        child.kill()
        child.join()
        pytest.fail("the child hangs")
    assert (["b"], ["a"], True, 0) == answers.get()
    remote.http.gate.set()
    waiting.join(20)
    remote.settle()


def test_what_a_child_is_asked_to_do() -> None:
    """As the child itself does it, where no coverage looks: new locks, nothing under way, the keys kept."""
    remote = Remote()
    remote.find()
    locks = remote.keys._document._lock, remote.keys._search._lock, remote.keys._document._aside._lock
    with locks[0], locks[1], locks[2]:
        forks._renew_all()
        assert (["a"], []) == (remote.at_once(), remote.waits("b"))


def test_keys_that_nobody_has_any_more_are_let_go() -> None:
    """Nothing that is kept for forks or shutdowns keeps them alive."""
    import gc
    import weakref

    remote = Remote()
    remote.find()
    remote.move(480)
    remote.at_once()
    gone = weakref.ref(remote.keys._document)
    del remote
    gc.collect()
    assert gone() is None
