"""When tokens were last used: noted by requests, written by a thread, lossy rather than in anybody's way."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping

import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores import uses
from bearerguard.stores.uses import Uses
from tests.stores.feeding import eventually
from tests.stores.uses.using import Fixed, Kept, record, threads, wake
from tests.support import Clock

DOWN = "when tokens were last used cannot be kept, and is tried again later: gone"
BACK = "when tokens were last used is kept in {} again"


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(one.levelno, one.getMessage()) for one in caplog.records]


def test_many_notes_are_one_write_of_the_latest(noting: Uses, kept: Kept, clock: Clock) -> None:
    """On the one thread, which begins with the first of them."""
    one, other = record(), record()
    assert [] == threads(noting)
    for _ in range(100):
        clock.move(1)
        noting.note(one)
    noting.note(other)
    (thread,) = threads(noting)
    wake(noting)
    eventually(lambda: kept.batches)
    assert [{one.digest: 1_100.0, other.digest: 1_100.0}] == kept.batches
    assert ({thread}, True) == (kept.threads, thread.daemon)
    wake(noting)
    noting.close()
    assert 1 == kept.asked  # what was written is not written again


@pytest.mark.parametrize(("expires_at", "is_noted"), [(999.0, False), (1_000.0, False), (1_000.1, True)])
def test_a_token_that_has_expired_is_not_used(
    noting: Uses, kept: Kept, expires_at: float, is_noted: bool
) -> None:
    """The guard refuses it: now is on or after its expiry (RFC 7519 section 4.1.4)."""
    noting.note(record(expires_at))
    noting.write()
    assert int(is_noted) == kept.asked


def test_it_is_written_every_15_to_30_seconds(
    noting: Uses, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all processes at one moment; by itself, again and again."""
    asked: list[tuple[float, float]] = []

    def choose(least: float, most: float) -> float:
        asked.append((least, most))
        return 0.001

    monkeypatch.setattr(uses, "WRITE_SECONDS", 30.0)
    monkeypatch.setattr(random, "uniform", choose)
    for count in (1, 2):
        noting.note(record())
        eventually(lambda count=count: len(kept.batches) == count)
    assert {(15.0, 30.0)} == set(asked)


def test_what_is_noted_during_a_write_is_in_the_next_one(noting: Uses, kept: Kept, clock: Clock) -> None:
    """Of a token that is being written too."""
    one = record()
    kept.go.clear()
    noting.note(one)
    wake(noting)
    eventually(lambda: kept.asked)
    clock.move(5)
    noting.note(one)
    kept.go.set()
    noting.close()
    assert [{one.digest: 1_000.0}, {one.digest: 1_005.0}] == kept.batches


def test_who_notes_while_the_batch_is_taken_away_notes_in_the_next(noting: Uses, clock: Clock) -> None:
    """No lock is taken to note, and yet nothing gets lost."""
    one = record()

    class Taken(dict[bytes, float]):
        """A batch that is taken away in the very moment in which something is noted there."""

        def __setitem__(self, digest: bytes, at: float) -> None:
            noting._noted = {}
            super().__setitem__(digest, at)

    noting._thread, noting._noted = Fixed(), Taken()  # type: ignore[assignment]
    noting.note(one)
    assert {one.digest: clock()} == noting._noted
    noting._thread = None


def test_who_notes_in_a_batch_that_is_being_written_disturbs_nobody(noting: Uses, kept: Kept) -> None:
    """One who was about to note there when it was taken away."""
    batch = noting._noted
    for _ in range(2):
        noting.note(record())

    def write(instants: Mapping[bytes, float]) -> None:
        for digest, at in instants.items():
            batch[record().digest] = at
            kept({digest: at})

    noting._write = write
    noting.write()
    assert 2 == len(kept.batches)


def test_an_outage_is_one_line_and_its_end_another(
    noting: Uses, kept: Kept, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """What was noted is kept meanwhile, the later instant of each token."""
    one, other = record(), record()
    kept.fails = Unavailable("gone")
    noting.note(one)
    noting.note(other)
    for _ in range(3):
        noting.write()
    assert [(logging.WARNING, DOWN)] == lines(caplog)
    clock.move(5)
    noting.note(one)
    kept.fails = None
    noting.write()
    noting.note(one)
    noting.write()
    assert {one.digest: 1_005.0, other.digest: 1_000.0} == kept.batches[0]
    assert [(logging.WARNING, DOWN), (logging.WARNING, BACK.format(noting.name))] == lines(caplog)
    kept.fails = Unavailable("gone")
    noting.note(one)
    noting.write()
    assert (logging.WARNING, DOWN) == lines(caplog)[2]


def test_a_use_during_a_write_that_fails_is_the_later_one(noting: Uses, kept: Kept, clock: Clock) -> None:
    """It is not overwritten by what could not be written."""
    one = record()
    kept.fails = Unavailable("gone")
    kept.go.clear()
    noting.note(one)
    wake(noting)
    eventually(lambda: kept.asked)
    clock.move(5)
    noting.note(one)
    kept.go.set()
    noting.close()
    kept.fails = None
    noting.write()
    assert [{one.digest: 1_005.0}] == kept.batches


def test_what_nobody_has_foreseen_does_not_end_it(
    noting: Uses, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the whole story, and what nobody can write is not tried for ever."""
    kept.fails = ZeroDivisionError("a driver's")
    noting.note(record())
    wake(noting)
    eventually(lambda: caplog.records)
    (said,) = caplog.records
    what = "when tokens were last used was not kept: it failed in a way that nobody has foreseen"
    assert (logging.ERROR, what, ZeroDivisionError) == (
        *lines(caplog)[0],
        said.exc_info and said.exc_info[0],
    )
    kept.fails, one = None, record()
    noting.note(one)
    wake(noting)
    eventually(lambda: kept.batches)
    assert [{one.digest: 1_000.0}] == kept.batches
    assert 1 == len(threads(noting))
