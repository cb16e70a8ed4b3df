"""The thread that writes when tokens were last used: it begins with the first and ends with the store."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
import weakref
from collections.abc import Mapping

import pytest

from bearerguard.stores import _ending, uses
from bearerguard.stores.uses import Uses, _Writer
from tests.stores.feeding import PATIENCE_SECONDS, eventually
from tests.stores.uses.using import Kept, record, threads, wake


def test_closing_writes_and_ends_the_thread(noting: Uses, kept: Kept) -> None:
    """The next use starts another; without a use there is nothing to end."""
    noting.close()
    for count in (1, 2):
        noting.note(record())
        (thread,) = threads(noting)
        noting.close()
        assert (count, False) == (len(kept.batches), thread.is_alive())
    assert 2 == len(kept.threads)


def test_closing_is_bounded_while_the_store_hangs(
    noting: Uses, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread ends by itself, when that is over."""
    monkeypatch.setattr(uses, "CLOSING_SECONDS", 0.02)
    kept.go.clear()
    noting.note(record())
    (thread,) = threads(noting)
    began_at = time.monotonic()
    noting.close()
    assert (True, True) == (time.monotonic() - began_at < 1, thread.is_alive())
    kept.go.set()
    thread.join(PATIENCE_SECONDS)
    assert (1, False) == (len(kept.batches), thread.is_alive())


def test_who_closes_on_that_very_thread_does_not_wait_for_himself(
    noting: Uses, caplog: pytest.LogCaptureFixture
) -> None:
    """A store may close itself when it fails."""
    noting._write = lambda _: noting.close()
    noting.note(record())
    (thread,) = threads(noting)
    wake(noting)
    thread.join(PATIENCE_SECONDS)
    assert (False, []) == (thread.is_alive(), caplog.records)


def test_no_thread_is_no_failed_request(noting: Uses, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the interpreter's end, or where the system has no more of them; the next use tries again."""

    def cannot(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", cannot)
        for _ in range(7):
            noting.note(record())
    noting.note(record())
    eventually(lambda: kept.batches)
    assert 5 == len(kept.batches[0])


def test_threads_that_note_at_once_start_one(
    noting: Uses, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And all that they note is written, whenever the writer comes by."""
    monkeypatch.setattr(uses, "MAX_NOTED", 10_000)
    digests: list[bytes] = []
    over = threading.Event()

    def note() -> None:
        for _ in range(500):
            one = record()
            digests.append(one.digest)
            noting.note(one)

    def write() -> None:
        while not over.is_set():
            noting.write()

    writer = threading.Thread(target=write)
    writer.start()
    noters = [threading.Thread(target=note) for _ in range(4)]
    for one in noters:
        one.start()
    for one in noters:
        one.join()
    assert 1 == len(threads(noting))
    over.set()
    writer.join()
    noting.close()
    assert set(digests) == set().union(*kept.batches)


@pytest.mark.parametrize("has_written", [False, True])
def test_it_ends_with_its_store(has_written: bool) -> None:
    """A store that nobody has any more leaves no thread behind, and is not kept alive by one."""

    class Store:
        def __init__(self) -> None:
            self.uses = Uses("a forgotten store", self.keep)

        def keep(self, instants: Mapping[bytes, float]) -> None:
            pass

    stores = [Store()]
    stores[0].uses.note(record())
    (thread,) = threads(stores[0].uses)
    if has_written:
        wake(stores[0].uses)
        eventually(lambda: not stores[0].uses._noted)
    gone = weakref.ref(stores.pop())
    eventually(lambda: gc.collect() is not None and gone() is None)
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_at_the_end_of_the_interpreter_all_are_written(
    noting: Uses, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a store that hangs cost a second, and no other store its own."""
    hanging = Kept()
    hanging.go.clear()
    other = Uses("a store that hangs", hanging)
    monkeypatch.setattr(_ending, "EXIT_SECONDS", 0.05)
    monkeypatch.setattr(_ending, "_all", [other, noting])
    for one in (noting, other):
        one.note(record())
    began_at = time.monotonic()
    _ending._end_all()
    assert (True, 1) == (time.monotonic() - began_at < 1, len(kept.batches))
    hanging.go.set()
    other.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_writes_its_own_uses_only(noting: Uses, kept: Kept) -> None:
    """With a thread of its own; what its parent has noted is the parent's, and so is the lock it may hold."""
    one, other = record(), record()
    noting.note(one)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child() -> None:
        before = len(noting._noted), len(threads(noting))
        noting.note(other)
        running = len(threads(noting))
        noting.close()
        answers.put([before, running, kept.batches])

    process = context.Process(target=child)
    with noting._lock:
        process.start()
    process.join(PATIENCE_SECONDS)
    process.kill()
    assert 0 == process.exitcode
    assert [(0, 0), 1, [{other.digest: 1_000.0}]] == answers.get()
    noting.close()
    assert [{one.digest: 1_000.0}] == kept.batches


def test_the_garbage_collector_may_wake_it_whatever_it_does(noting: Uses) -> None:
    """That a store was forgotten is told where the collector happens to run: also while its thread waits."""

    def collect(*_: object) -> None:
        thread = threading._active.get(threading.get_ident())  # current_thread() would make one up
        if isinstance(thread, _Writer):
            thread._end(None)

    threading.setprofile(collect)  # called before and after each thing that the thread does
    try:
        noting.note(record())
    finally:
        threading.setprofile(None)
    (thread,) = threads(noting) or [threading.Thread()]
    noting._thread = None
    if thread.is_alive():
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
