"""More tokens than are noted between two writes: bounded memory, and no write more than it takes."""

from __future__ import annotations

import threading

from bearerguard.errors import Unavailable
from bearerguard.stores.uses import Uses
from tests.stores.feeding import eventually
from tests.stores.uses.using import Fixed, Kept, record
from tests.support import Clock


def test_a_flood_of_tokens_takes_bounded_memory_and_is_written_at_once(noting: Uses, kept: Kept) -> None:
    """10,000 are noted, and not before the while is over; of those that come meanwhile as many."""
    first = [record() for _ in range(5)]
    kept.go.clear()
    for one in first[:4]:
        noting.note(one)
    assert noting._thread is not None
    assert (0, True) == (kept.asked, noting._thread.wake.empty())
    noting.note(first[4])
    eventually(lambda: kept.asked)
    later = [record() for _ in range(12)]
    for one in later:
        noting.note(one)
    assert {one.digest for one in later[:5]} == noting._noted.keys()
    kept.go.set()
    eventually(lambda: kept.batches)
    noting.note(later[0])
    eventually(lambda: len(kept.batches) == 2)
    assert [{one.digest for one in some} for some in (first, later[:5])] == [
        one.keys() for one in kept.batches
    ]


def test_a_flood_does_not_keep_what_is_noted_already_from_being_used(noting: Uses, clock: Clock) -> None:
    """Only tokens that are new to it are not noted."""
    first = [record() for _ in range(5)]
    noting._thread = Fixed()  # type: ignore[assignment]
    for one in first:
        noting.note(one)
    clock.move(5)
    noting.note(record())
    noting.note(first[0])
    assert [1_005.0, *[1_000.0] * 4] == [noting._noted[one.digest] for one in first]
    assert 5 == len(noting._noted)
    noting._thread = None


def test_a_full_batch_that_fails_is_no_busy_loop(noting: Uses, kept: Kept) -> None:
    """It waits for its turn, however many requests come meanwhile."""
    thread = Fixed()
    noting._thread = thread  # type: ignore[assignment]
    first = [record() for _ in range(5)]
    kept.fails = Unavailable("gone")
    for one in (*first, *first):
        noting.note(one)
    for _ in range(3):
        noting.write()
        for one in (*first, record()):
            noting.note(one)
    assert (1, 3, 5) == (thread.puts, kept.asked, len(noting._noted))
    kept.fails = None
    noting.write()
    for one in first:
        noting.note(one)
    assert 2 == thread.puts
    noting._thread = None


def test_what_could_not_be_written_gives_way_to_what_is_newer(noting: Uses, kept: Kept) -> None:
    """Both together are no more than there may be."""
    noting._thread = Fixed()  # type: ignore[assignment]
    old, new = [record() for _ in range(4)], [record() for _ in range(3)]
    for one in old:
        noting.note(one)
    batch, noting._noted = noting._noted, {}
    for one in new:
        noting.note(one)
    noting._keep(batch, Unavailable("gone"))
    assert {one.digest for one in (*new, *old[:2])} == noting._noted.keys()
    noting._thread = None


def test_a_thread_that_has_died_is_replaced_when_there_is_much_to_write(noting: Uses, kept: Kept) -> None:
    """It should not; were it so, nothing would ever be written again."""
    noting._thread = threading.Thread()  # type: ignore[assignment]
    for _ in range(5):
        noting.note(record())
    eventually(lambda: kept.batches)
    assert 5 == len(kept.batches[0])
