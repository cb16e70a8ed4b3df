"""The feed of a store: what it tells, since when it has heard everything, what it does without a source."""

from __future__ import annotations

import gc
import logging
import math
import multiprocessing
import os
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores.feed import CLOSING_SECONDS, ThreadFeed
from tests.stores.feeding import FakeSource, Followed, eventually, threads
from tests.stores.feeding import followed as make
from tests.support import Clock

DOWN = "the revocation feed of {} is down, so what is cached is trusted for a short while only: {}"
BACK = "the revocation feed of {} is back; all that was cached is looked up anew"
A, B = b"a" * 32, b"b" * 32


@pytest.fixture
def followed(request: pytest.FixtureRequest) -> Iterator[Followed]:
    yield from make(request.node.name)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bearerguard.stores._feed_thread.FIRST_PAUSE_SECONDS", 0.002)
    monkeypatch.setattr("bearerguard.stores._feed_thread.LONGEST_PAUSE_SECONDS", 0.01)


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(one.levelno, one.getMessage()) for one in caplog.records]


def test_it_begins_with_the_first_who_listens_and_once(followed: Followed) -> None:
    """One thread a process and store, however many listen at once; none before."""
    feed = followed.feed
    assert (-math.inf, False, []) == (feed.heard_at, feed.is_up, threads(feed.name))
    listeners = [threading.Thread(target=feed.listen) for _ in range(8)]
    for one in listeners:
        one.start()
    for one in listeners:
        one.join()
    followed.start()
    assert 1 == len(threads(feed.name))
    assert (True, True) == (feed.is_up, threads(feed.name)[0].daemon)


def test_all_copies_go_before_anything_counts_as_heard(followed: Followed) -> None:
    """Nobody can say what was missed before it listened; so also after a gap."""
    heard: list[float] = []
    followed.listener = lambda digest: (followed.told.append(digest), heard.append(followed.feed.heard_at))[0]  # type: ignore[func-returns-value]
    followed.start()
    assert (["open", "prove"], [None], [-math.inf]) == (followed.source.asked, followed.told, heard)


def test_it_tells_what_its_source_tells(followed: Followed) -> None:
    """In its order."""
    followed.start()
    followed.source.put(A, B, None, A)
    eventually(lambda: len(followed.told) == 5)
    assert [None, A, B, None, A] == followed.told


def test_silence_is_proved_to_be_one_each_second(followed: Followed) -> None:
    """What was on its way is told first; it proves what was before the instant of its question."""
    followed.start()
    proofs = len(followed.source.asked)
    followed.clock.move(0.9)
    followed.source.put(A)
    eventually(lambda: A in followed.told)
    assert (proofs, 1_000.0) == (len(followed.source.asked), followed.feed.heard_at)
    followed.source.late = [B]
    followed.clock.move(0.1)
    eventually(lambda: followed.feed.heard_at == 1_001.0)
    assert ([None, A, B], True) == (followed.told, followed.feed.is_up)


def test_what_has_been_heard_is_from_before_the_proof(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer may be old by the time it is here; what came after it has not been heard."""
    followed.start()
    heard: list[float] = []
    hear = followed.feed.hear
    waits = iter([3.0])

    def note(at: float, thread: threading.Thread) -> None:
        heard.append(at)
        hear(at, thread)

    class Slow(list[bytes | None]):
        def __iter__(self) -> Iterator[bytes | None]:
            followed.clock.move(next(waits, 0.0))
            return iter(())

    monkeypatch.setattr(followed.feed, "hear", note)
    followed.source.late = Slow()
    followed.clock.move(1.0)
    eventually(lambda: 2 == len(heard))
    assert [1_001.0, 1_004.0] == heard


def test_a_feed_without_a_proof_is_down_after_a_while(followed: Followed) -> None:
    """Even while nothing has failed yet, as when the process was stopped."""
    followed.start()
    blocked, go = threading.Event(), threading.Event()
    followed.listener = lambda _: (blocked.set(), go.wait(10))[0]  # type: ignore[func-returns-value]
    followed.source.put(A)
    assert blocked.wait(10)
    followed.clock.move(4.9)
    assert followed.feed.is_up
    followed.clock.move(0.1)
    assert not followed.feed.is_up
    go.set()
    eventually(lambda: followed.feed.is_up)


def test_a_machine_that_has_slept_has_missed_something(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    """The monotonic clock stood still meanwhile; a clock that is put right by a second is no gap."""
    followed.start()
    followed.wall.move(1.9)
    followed.wall.move(-3_600)
    followed.source.put(A)
    eventually(lambda: A in followed.told)
    followed.clock.move(1)
    eventually(lambda: followed.feed.heard_at == 1_001.0)
    assert [None, A] == followed.told
    followed.source.fails_to_open = Unavailable("not yet")
    followed.wall.move(10)
    eventually(lambda: followed.feed.heard_at == -math.inf)
    what = "the machine has slept, or its clock was put forward"
    eventually(lambda: lines(caplog) == [(logging.ERROR, DOWN.format(followed.feed.name, what))])
    followed.source.fails_to_open = None
    eventually(lambda: followed.feed.heard_at == 1_001.0)
    assert [None, A, None] == followed.told


def test_an_outage_is_one_line_and_its_end_another(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it tries; what was heard before is neither forgotten nor prolonged."""
    followed.start()
    source, name = followed.source, followed.feed.name
    source.fails_to_open = Unavailable("nobody is there")
    source.put(Unavailable("it was cut"))
    followed.clock.move(0.5)
    eventually(lambda: source.asked.count("open") > 4)
    assert 1_000.0 == followed.feed.heard_at
    assert [(logging.ERROR, DOWN.format(name, "it was cut"))] == lines(caplog)
    source.fails_to_open = None
    eventually(lambda: followed.feed.heard_at == 1_000.5)
    eventually(lambda: len(caplog.records) == 2)
    assert (logging.WARNING, BACK.format(name)) == lines(caplog)[1]
    assert [None, None] == followed.told
    assert source.asked.count("open") == source.asked.count("close") + 1


def test_pauses_grow_while_it_stays_away(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each up to twice as long as the one before; from the first again after it was back."""
    pauses: list[float] = []

    def choose(least: float, most: float) -> float:
        pauses.append(most)
        return 0.0

    monkeypatch.setattr("bearerguard.stores._feed_thread.random.uniform", choose)
    followed.start()
    followed.source.fails_to_open = Unavailable("nobody is there")
    followed.source.put(Unavailable("it was cut"))
    eventually(lambda: len(pauses) >= 5)
    assert [0.002, 0.004, 0.008, 0.01, 0.01] == pauses[:5]
    followed.source.fails_to_open = None
    followed.clock.move(1)
    eventually(lambda: followed.feed.heard_at == 1_001.0)
    before = len(pauses)
    followed.source.put(Unavailable("it was cut again"))
    eventually(lambda: len(pauses) > before)
    assert 0.002 == pauses[before]


def test_what_nobody_has_foreseen_does_not_end_it(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the whole story, and all begins anew."""
    followed.start()
    followed.source.put(ZeroDivisionError("a driver's"))
    eventually(lambda: followed.told == [None, None])
    eventually(lambda: len(caplog.records) == 3)
    first, second, third = caplog.records
    assert ("the revocation feed has failed, and starts anew", ZeroDivisionError) == (
        first.getMessage(),
        first.exc_info and first.exc_info[0],
    )
    what = "it has failed in a way that nobody has foreseen"
    assert DOWN.format(followed.feed.name, what) == second.getMessage()
    assert BACK.format(followed.feed.name) == third.getMessage()


def test_what_a_listener_did_not_take_is_not_heard(followed: Followed) -> None:
    """A cache behind it may not have been told either, so nothing is trusted."""
    tries: list[bytes | None] = []

    def refuse(digest: bytes | None) -> None:
        tries.append(digest)
        raise KeyError(digest)

    followed.listener = refuse
    followed.feed.listen()
    eventually(lambda: len(tries) > 2)
    assert -math.inf == followed.feed.heard_at


def test_it_is_closed_soon_and_can_listen_anew(followed: Followed) -> None:
    """Nothing counts as heard from then on; the source is let go of."""
    followed.start()
    began_at = time.monotonic()
    followed.feed.close()
    assert time.monotonic() - began_at < 2 * CLOSING_SECONDS
    assert (-math.inf, []) == (followed.feed.heard_at, threads(followed.feed.name))
    assert "close" == followed.source.asked[-1]
    followed.feed.close()
    followed.start()
    assert [None, None] == followed.told


def test_who_closes_it_does_not_wait_for_a_server_that_is_silent(followed: Followed) -> None:
    """Its thread ends by itself; what that still proves counts for nothing."""
    go = threading.Event()
    stuck = FakeSource()
    stuck.open = lambda: go.wait(10) and None  # type: ignore[assignment,method-assign]
    fresh, followed.source = followed.source, stuck
    followed.feed.listen()
    eventually(lambda: threads(followed.feed.name))
    eventually(lambda: followed.source is stuck)
    (old,) = threads(followed.feed.name)
    time.sleep(0.01)
    began_at = time.monotonic()
    followed.feed.close()
    assert time.monotonic() - began_at < 3 * CLOSING_SECONDS
    followed.source = fresh
    go.set()
    old.join(10)
    assert -math.inf == followed.feed.heard_at


def test_a_thread_that_was_to_end_proves_nothing(followed: Followed) -> None:
    """Also where another one listens already."""
    followed.start()
    followed.feed.hear(2_000.0, threading.Thread())
    assert 1_000.0 == followed.feed.heard_at


def test_it_ends_with_its_store() -> None:
    """A store that nobody has any more leaves no thread and no connection behind."""

    class Store:
        def __init__(self, source: FakeSource) -> None:
            self.feed = ThreadFeed("a forgotten store", lambda: source, self.tell)

        def tell(self, digest: bytes | None) -> None:
            pass

    source = FakeSource()
    stores = [Store(source)]
    stores[0].feed.listen()
    eventually(lambda: stores[0].feed.is_up)
    gone = weakref.ref(stores.pop())
    eventually(lambda: gc.collect() is not None and gone() is None)
    eventually(lambda: not threads("a forgotten store"))
    assert "close" == source.asked[-1]


def test_no_thread_is_no_failed_request(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """At the interpreter's end, or where the system has no more of them; the next look-up tries again."""

    def cannot(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", cannot)
        followed.feed.listen()
        followed.feed.listen()
    assert [(logging.ERROR, DOWN.format(followed.feed.name, "no thread can be started"))] == lines(caplog)
    followed.start()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_heard_nothing_and_listens_itself(followed: Followed) -> None:
    """No thread crosses a fork."""
    followed.start()
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child() -> None:
        before = followed.feed.heard_at, len(threads())
        followed.start()
        answers.put([before, followed.told, len(threads())])

    process = context.Process(target=child)
    process.start()
    process.join(20)
    assert [(-math.inf, 0), [None, None], 1] == answers.get()
    assert 1_000.0 == followed.feed.heard_at


def test_a_clock_of_its_own_is_for_tests() -> None:
    """By default it is the one that cannot jump."""
    feed = ThreadFeed("x", FakeSource, lambda _: None)
    assert feed.monotonic is time.monotonic
    assert isinstance(Clock(1.0)(), float)
