"""What a counter of changes tells: each of them, or that nobody can say which."""

from __future__ import annotations

import pytest

from bearerguard.stores._counted import MAX_CHANGES, Counted


class Counting(Counted):
    """A counter that stands where a test says, with the changes that are kept."""

    def __init__(self, number: int) -> None:
        self.last = number
        self.kept: dict[int, bytes] = {}
        self.begin()

    def number(self) -> int:
        return self.last

    def changes_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        return sorted((one, digest) for one, digest in self.kept.items() if one > number)[:limit]

    def hear(self, last: int, *numbers: int) -> list[bytes | None]:
        self.last = last
        self.kept |= {number: b"%d" % number for number in numbers}
        return list(self.prove())


@pytest.fixture
def counting() -> Counting:
    return Counting(4)


def test_each_change_is_told_once_and_in_order(counting: Counting) -> None:
    """And where none was made nothing is."""
    assert [[b"5", b"6"], [b"7"], []] == [counting.hear(6, 5, 6), counting.hear(7, 7), counting.hear(7)]


@pytest.mark.parametrize(
    ("last", "numbers"),
    [(6, [6]), (7, [5, 7]), (6, []), (3, []), (3, [3])],
    ids=["the first", "in the middle", "all", "an older table", "an older table with changes"],
)
def test_where_one_is_missing_all_copies_go(counting: Counting, last: int, numbers: list[int]) -> None:
    """Wherever: a repair leaves such a gap for who has heard nothing while the triggers were away."""
    assert [None] == counting.hear(last, *numbers)
    assert [b"%d" % (last + 1)] == counting.hear(last + 1, last + 1)


def test_a_gap_at_the_end_is_seen_at_the_next_look(counting: Counting) -> None:
    """The changes before it are told now."""
    assert [[b"5"], [None], []] == [counting.hear(6, 5), counting.hear(6), counting.hear(6)]


def test_a_change_that_comes_between_the_two_questions_is_told_too(counting: Counting) -> None:
    """And once."""
    assert [[b"5", b"6"], []] == [counting.hear(5, 5, 6), counting.hear(6)]


def test_of_more_than_are_worth_it_none_is_told(counting: Counting) -> None:
    """The last that are worth it are."""
    last = 4 + MAX_CHANGES
    assert MAX_CHANGES == len(counting.hear(last, *range(5, last + 1)))
    assert [None] == counting.hear(2 * last, *range(last + 1, 2 * last + 1))
