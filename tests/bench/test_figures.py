"""What is said of rounds: medians, spreads and ratios, on data whose answer is known."""

from __future__ import annotations

from functools import partial

import pytest

from bearerguard.bench.figures import STEADY, Interval, in_turn, is_steady, median, ratio, spread


def test_each_subject_has_its_turn_once_a_round() -> None:
    """Whatever the order, a value of one subject stands beside that of the others in the same round."""
    heard: list[str] = []

    def subject(name: str) -> int:
        heard.append(name)
        return (len(heard) - 1) // 3

    taken = in_turn({name: lambda name=name: subject(name) for name in "abc"}, 20)
    rounds = [heard[n : n + 3] for n in range(0, len(heard), 3)]
    assert [["a", "b", "c"]] * 20 == [sorted(one) for one in rounds]
    assert {"a": list(range(20)), "b": list(range(20)), "c": list(range(20))} == taken


def test_the_order_differs_from_round_to_round_and_not_from_run_to_run() -> None:
    """Nobody profits from always being the first."""
    orders: list[list[str]] = [[], []]
    for heard in orders:
        in_turn({name: partial(heard.append, name) for name in "abcd"}, 10)
    assert orders[0] == orders[1]
    assert len({tuple(orders[0][n : n + 4]) for n in range(0, 40, 4)}) > 3


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    """Not the ratio of the medians: a round that was slow for both counts like any other."""
    found = ratio([2.0, 30.0, 8.0], [1.0, 10.0, 2.0])
    assert 3.0 == found.middle
    assert (2.0, 4.0) == (found.low, found.high)


def test_a_ratio_that_never_varies_has_no_width() -> None:
    assert Interval(0.5, 0.5, 0.5) == ratio([1.0, 2.0, 4.0, 8.0], [2.0, 4.0, 8.0, 16.0])


def test_the_interval_is_that_of_a_bootstrap_and_the_same_each_time() -> None:
    """Of 101 ratios from 1.00 to 2.00 the median is 1.50, and that of such samples is a tenth off at most."""
    values = [1 + n / 100 for n in range(101)]
    found = ratio(values, [1.0] * 101)
    assert found == ratio(values, [1.0] * 101)
    assert 1.5 == found.middle
    assert 1.35 < found.low < 1.45
    assert 1.55 < found.high < 1.65


def test_more_rounds_make_it_narrower() -> None:
    few, many = (ratio([1.0, 1.2] * number, [1.0] * 2 * number) for number in (3, 300))
    assert many.high - many.low <= few.high - few.low


def test_values_of_another_number_of_rounds_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratio([1.0, 2.0], [1.0])


def test_the_spread_is_the_middle_half_where_there_are_enough() -> None:
    assert (1.0, 3.0) == spread([3.0, 1.0, 2.0])
    assert (2.0, 6.0) == spread([float(n) for n in range(1, 8)])
    assert 4.0 == median([float(n) for n in range(1, 8)])


@pytest.mark.parametrize(
    ("middle", "expected"),
    [(0.9699, False), (STEADY[0], True), (1.0, True), (STEADY[1], True), (1.031, False)],
)
def test_a_control_may_be_three_percent_off(middle: float, expected: bool) -> None:
    assert expected is is_steady(Interval(0.5, middle, 2.0))
