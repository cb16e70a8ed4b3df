"""What is left alone is tried by one question at a time; what was asked before is no trial."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bearerguard import forks
from bearerguard.errors import Unavailable
from tests.breaking import LEFT_ALONE, Asked, CountedLock, Interrupted, end, no_answer

GONE = [Interrupted(), GeneratorExit(), asyncio.CancelledError()]


@pytest.fixture
def it() -> Asked:
    """It has failed five times, and now the first pause is over."""
    asked = Asked()
    asked.fail(5)
    asked.clock.move(1)
    return asked


def test_one_probe_at_a_time(it: Asked) -> None:
    """The others get no answer until it has one, however long that takes."""
    probe = it.begin()
    assert (LEFT_ALONE, 1) == (it.refusal().what, it.refusal().retry_after_seconds)
    it.clock.move(60)
    assert (LEFT_ALONE, 1) == (it.refusal().what, it.refusal().retry_after_seconds)
    end(probe)
    assert not it.is_left_alone()


def test_who_knows_better_ends_the_pause() -> None:
    """The next question is a probe at once; when it fails, the pause is as long as it would have been."""
    asked = Asked()
    asked.fail(5)
    asked.breaker.end_pause()
    asked.fail()
    asked.clock.move(1.9)
    assert asked.is_left_alone()
    asked.breaker.end_pause()
    asked.answer()
    assert not asked.is_left_alone()


def test_there_is_no_pause_to_end_where_all_is_well() -> None:
    """And none begins."""
    asked = Asked()
    asked.breaker.end_pause()
    question = asked.begin()
    assert not asked.is_left_alone()
    end(question)


def test_asking_whether_it_is_due_takes_nobodys_turn(it: Asked) -> None:
    """A look before a question is no probe."""
    for _ in range(3):
        it.breaker.check()
    it.answer()


def test_one_probe_at_a_time_also_from_many_threads(it: Asked) -> None:
    """Twenty at once: one asks, and nineteen are told so at once, while it still asks."""
    at_once = threading.Barrier(20, timeout=10)
    refused = threading.Semaphore(0)
    probes: list[str] = []

    def ask() -> None:
        at_once.wait()
        try:
            with it.breaker.attempt():
                probes.append("asks")
                if all(refused.acquire(timeout=10) for _ in range(19)):
                    probes.append("has heard of all the others")
        except Unavailable:
            refused.release()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ["asks", "has heard of all the others"] == probes


@pytest.mark.parametrize("ends", [None, no_answer(), Interrupted()])
def test_every_step_is_made_under_the_lock(it: Asked, ends: BaseException | None) -> None:
    """To look and to take the turn are one step, and so is the end; no thread comes in between."""
    it.breaker._lock = lock = CountedLock()  # type: ignore[assignment]
    probe = it.begin()
    assert 1 == lock.taken
    end(probe, ends)
    assert 2 == lock.taken


@pytest.mark.parametrize("gone", GONE)
def test_a_probe_that_goes_away_lets_another_one_ask(it: Asked, gone: BaseException) -> None:
    """It has said nothing, for good or bad: the pause grows no longer, and nobody else comes in."""
    it.end_with(gone)
    probe = it.begin()
    it.refusal()
    end(probe, no_answer())
    assert 2 == it.pause()


def test_a_probe_that_was_cut_off_before_its_end_was_sure_lets_another_one_ask(it: Asked) -> None:
    """A signal's exception may come between the beginning and the body; then nobody calls the end."""
    probe = it.begin()
    it.refusal()
    del probe
    it.fail()
    assert 2 == it.pause()


def test_a_probe_that_the_garbage_collector_ends_waits_for_nobody(it: Asked) -> None:
    """That may be in the middle of another question's step, on the thread that makes it."""
    probe = it.begin()

    def collect() -> None:
        with it.breaker._lock:
            end(probe, GeneratorExit())

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    it.answer()


@pytest.mark.parametrize("gone", GONE)
def test_who_goes_away_neither_fails_nor_answers(gone: BaseException) -> None:
    """The row of failures is as long as before."""
    it = Asked()
    it.fail(4)
    it.end_with(gone)
    assert not it.is_left_alone()
    it.fail()
    assert it.is_left_alone()


def test_failures_of_what_was_asked_before_add_nothing() -> None:
    """Sixty-four questions under way at once are one step, not sixty."""
    it = Asked()
    questions = [it.begin() for _ in range(64)]
    for question in questions[:10]:
        end(question, no_answer())
    it.clock.move(0.5)
    for question in questions[10:]:
        end(question, no_answer())
    assert 0.5 == it.pause()
    it.fail()
    assert 2 == it.pause()


@pytest.mark.parametrize("error", [no_answer(), *GONE])
def test_what_was_asked_before_is_no_probe(error: BaseException) -> None:
    """Its end lets nobody else in while the probe is out, and leaves the pause as it is."""
    it = Asked()
    question = it.begin()
    it.fail(5)
    it.clock.move(1)
    probe = it.begin()
    end(question, error)
    it.refusal()
    end(probe, no_answer())
    assert 2 == it.pause()


def test_an_answer_to_what_was_asked_before_closes_it() -> None:
    """It is there; a probe that then fails is one failure like any other."""
    it = Asked()
    question = it.begin()
    it.fail(5)
    it.clock.move(1)
    probe = it.begin()
    end(question)
    it.answer()
    end(probe, no_answer())
    it.fail(3)
    assert not it.is_left_alone()
    it.fail()
    assert 1 == it.pause()


def test_a_forked_child_probes_for_itself(it: Asked) -> None:
    """The probe under way and the lock, which may be held, are the parent's; what is left alone stays so."""
    parents = it.begin()
    lock = it.breaker._lock
    forks._renew_all()
    assert lock is not it.breaker._lock
    it.fail()
    assert 2 == it.refusal().retry_after_seconds
    end(parents, no_answer())
    assert 2 == it.pause()
