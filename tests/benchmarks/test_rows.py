"""How measurements become tables: what stands beside what, ratios first, and figures as people write them."""

from __future__ import annotations

import pytest

from benchmarks.rows import Group, against, bar_cells, groups_of, number
from benchmarks.suite import Measurement
from tests.benchmarks.samples import BARS, MEASUREMENTS


def test_a_group_is_one_kind_of_figure_of_one_case_its_ratios_first() -> None:
    """The reference is named in the heading; whoever is missing, below."""
    found = list(groups_of(MEASUREMENTS))
    assert 3 == len(found)
    assert (
        Group(
            "ASGI, one token: µs, and times floor",
            ("", "times", "95 %", "median", "half of them"),
            (
                ("floor", "", "", "2.00", "1.90 to 2.10"),
                ("bearerguard", "1.50", "1.47 to 1.52", "3.00", "2.80 to 3.20"),
                ("a peer", "4.00", "3.90 to 4.42", "8.20", "8.00 to 8.40"),
            ),
            ("another: Not installed: another.",),
        )
        == found[0]
    )


def test_what_runs_along_an_axis_has_a_column_for_each_place() -> None:
    """And above each subject's figures its ratios."""
    assert (
        Group(
            "uvicorn: requests/s",
            ("connections", "1", "512"),
            (
                ("bare", "900", "9,000"),
                ("bearerguard, times bare", "0.900", "0.950"),
                ("bearerguard", "810", "8,550"),
            ),
        )
        == list(groups_of(MEASUREMENTS))[1]
    )


def test_columns_that_would_be_empty_are_not_there() -> None:
    """One round has no spread, and counts are whole."""
    assert Group("calls: calls", ("", "median"), (("bearerguard", "1"),)) == list(groups_of(MEASUREMENTS))[2]


def test_a_case_that_could_not_be_measured_says_why() -> None:
    missing = Measurement(case="end to end", subject="bearerguard", unit="s", missing="wrk is not installed.")
    assert [Group("end to end", (), (), ("bearerguard: wrk is not installed.",))] == list(
        groups_of([missing])
    )


def test_a_figure_is_compared_with_its_reference_of_the_same_case_unit_and_place() -> None:
    """Rounds that the other has not are no rounds to compare."""
    one, *_ = (one for one in MEASUREMENTS if one.subject == "bearerguard" and one.at == 512)
    found = against(one, MEASUREMENTS)
    assert 0.95 == (found and found.middle)
    shorter = Measurement(case="uvicorn", subject="bare", unit="requests/s", values=(1.0,), at=512)
    assert against(one, [shorter, one]) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"), (0.0034, "0.0034"), (0.05, "0.05"), (0.961, "0.961"), (0.99961, "1.00"), (1.5, "1.50"),
        (9.996, "10.0"), (64.0, "64.0"), (99.96, "100"), (1463.2, "1,463"), (-0.107, "-0.107"),
    ],
)  # fmt: skip
def test_three_digits_mean_something(value: float, expected: str) -> None:
    assert expected == number(value)


def test_a_bar_shows_its_figure_its_limit_and_why_it_is_not_judged() -> None:
    assert [
        ("1.50", "<= 2.00", "times the floor"),
        ("5", "<= 1", "calls | at once"),
        ("0.800", ">= 0.900", "share of bare (3 rounds, and it takes 14)"),
    ] == [bar_cells(bar) for bar in BARS]
