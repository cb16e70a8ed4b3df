"""A server that forks after the guard was built and used, as gunicorn with preload_app does."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from bearerguard import AccessToken, Cached, FromFunction, forks
from bearerguard.stores import issue
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.support import App, WsgiEdge, bearer, local, server, stored
from tests.verifiers.caching import Cache

EDGE = WsgiEdge()

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def in_a_child(guarded: Any, tokens: list[str]) -> list[int]:
    """Ask in a forked process."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def ask() -> None:
        answers.put([EDGE.answer(guarded, headers=bearer(token)).status for token in tokens])

    child = context.Process(target=ask)
    child.start()
    child.join(20)
    if child.is_alive():
        child.kill()
        child.join()
        pytest.fail("the child hangs")
    found: list[int] = answers.get()
    return found


@pytest.mark.parametrize("cached", [False, True])
def test_both_processes_go_on(tmp_path: Path, cached: bool) -> None:
    """What was warm stays warm, what is new is looked up, what is revoked in the file is refused."""
    store = SqliteTokenStore(tmp_path / "tokens.db")
    warm = stored(store)  # type: ignore[arg-type]
    guarded = EDGE.guard(App(), local(store, cached=cached))
    assert 200 == EDGE.answer(guarded, headers=bearer(warm)).status
    new = stored(store)  # type: ignore[arg-type]
    gone, record = issue(subject="alice")
    store.add(record)
    store.revoke(record.digest)
    assert [200, 200, 401] == in_a_child(guarded, [warm, new, gone])
    assert [200, 401] == [EDGE.answer(guarded, headers=bearer(token)).status for token in (new, gone)]
    store.close()


def test_a_lock_that_another_thread_held_does_not_hang_the_child() -> None:
    """The cache and its look-ups start anew in a child."""
    store = MemoryTokenStore()
    warm = stored(store)
    resource_server = local(store, cached=True)
    guarded = EDGE.guard(App(), resource_server)
    assert 200 == EDGE.answer(guarded, headers=bearer(warm)).status
    cached = resource_server.verifier
    assert isinstance(cached, Cached)
    with cached._lock, cached._coalesce._lock:
        assert [200] == in_a_child(guarded, [warm])


def test_what_a_child_is_asked_to_do() -> None:
    """As the child itself does it, where no coverage looks: new locks, and nothing remembered."""
    cache = Cache()
    cache.ask()
    lock = cache.cached._lock
    forks._renew_all()
    assert (True, 2) == (lock is not cache.cached._lock, (cache.ask(), cache.times())[1])


def test_a_fork_takes_no_look_up_along() -> None:
    """Its leader is a thread of the other process, and would never answer in the child."""
    parent, led, go = os.getpid(), threading.Event(), threading.Event()

    def slow(token: str) -> AccessToken:
        if os.getpid() == parent:
            led.set()
            go.wait(30)
        return AccessToken(subject="alice")

    guarded = EDGE.guard(App(), server(Cached(FromFunction(slow))))
    leader = threading.Thread(target=EDGE.answer, args=(guarded,), kwargs={"headers": bearer("new")})
    leader.start()
    led.wait(10)
    try:
        assert [200] == in_a_child(guarded, ["new"])
    finally:
        go.set()
        leader.join()
