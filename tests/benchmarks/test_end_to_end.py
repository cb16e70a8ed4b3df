"""The scene end to end: its control, when a case is measured once more, and when its bars are judged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bearerguard.bench.load import NO_WRK, Load
from benchmarks.scenes import end_to_end
from benchmarks.scenes._end_to_end_cases import BAR_SERVERS, Case, cases_of, least_name
from benchmarks.scenes._end_to_end_running import Found, Sample
from benchmarks.suite import Bar, Measurement, Run

UVICORN = least_name("uvicorn")


def found_of(rounds: int, **requests: float) -> Found:
    """What a case gives, each subject the same in every round; wrk's stretches take a second."""
    names = {"again": "bare again", "floor": "floor", "ours": "bearerguard", "bare": "bare"}
    samples = {
        names[name]: [Sample(Load(int(number), 1.0, 0.001, 0.002), 5e-5)] * rounds
        for name, number in requests.items()
    }
    return Found({64: samples})


def bars_of(found: Found) -> list[Bar]:
    case = next(case for case in cases_of(new_run(quick=False)) if case.name == UVICORN)
    return list(end_to_end.bars(list(end_to_end.measurements_of(case, found))))


def new_run(*, quick: bool, left_out: list[str] | None = None) -> Run:
    said = [] if left_out is None else left_out
    return Run(quick=quick, ends_at=1.0, tell=lambda _: None, leave_out=said.append, monotonic=lambda: 0.0)


GOOD = {"bare": 10_000, "again": 10_100, "floor": 9_600, "ours": 9_300}


def test_the_guard_is_held_against_bare_and_floor() -> None:
    """At least 0.90 of bare and 0.95 of the floor, by the lower end."""
    found = bars_of(found_of(16, **GOOD))
    assert [("ok", 0.93, 0.9), ("ok", 0.96875, 0.95)] == [
        (one.verdict, one.value, one.limit) for one in found
    ]
    slow = bars_of(found_of(16, **{**GOOD, "ours": 8_900}))
    assert ["MISSED", "MISSED"] == [one.verdict for one in slow]


def test_few_rounds_are_not_judged() -> None:
    """However good or bad they look."""
    for ours in (9_300, 5_000):
        found = bars_of(found_of(13, **{**GOOD, "ours": ours}))
        assert [("not judged", "13 rounds, and it takes 14")] * 2 == [
            (one.verdict, one.not_judged) for one in found
        ]


def test_a_run_whose_control_is_off_is_not_judged() -> None:
    """It says nothing about the guard; the control's value stands there."""
    found = bars_of(found_of(16, **{**GOOD, "again": 9_650, "ours": 5_000}))
    assert [("not judged", "bare/bare was 0.965, and it takes 0.970 to 1.03")] * 2 == [
        (one.verdict, one.not_judged) for one in found
    ]


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[Found]:
    """What the first case gives, one try after another; there is no other case."""
    given: list[Found] = []

    def measure_case(case: Case, tell: object) -> Found:
        return given.pop(0)

    monkeypatch.setattr(end_to_end, "find_wrk", lambda: "wrk")
    monkeypatch.setattr(end_to_end, "measure_case", measure_case)
    monkeypatch.setattr(end_to_end, "cases_of", lambda run: cases_of(new_run(quick=False))[:1])
    return given


def measured(tries: list[Found]) -> Iterator[Measurement]:
    found = list(end_to_end.measure(new_run(quick=False)))
    assert [] == tries
    return iter(found)


def test_a_case_whose_control_is_off_is_measured_once_more(tries: list[Found]) -> None:
    """The second counts; of the first its control is shown, and nothing hidden."""
    tries += [found_of(16, **{**GOOD, "again": 9_000, "ours": 1_000}), found_of(16, **GOOD)]
    found = list(measured(tries))
    first = [one for one in found if one.case == UVICORN + end_to_end.FIRST_TRY]
    assert [("bare again", 9_000.0), ("bare", 10_000.0)] == [
        (one.subject, one.values[0]) for one in first
    ] or [("bare", 10_000.0), ("bare again", 9_000.0)] == [(one.subject, one.values[0]) for one in first]
    assert ["ok", "ok"] == [bar.verdict for bar in end_to_end.bars(found)]


def test_once_more_and_not_again(tries: list[Found]) -> None:
    off = {**GOOD, "again": 9_000}
    tries += [found_of(16, **off), found_of(16, **off)]
    assert ["not judged"] * 2 == [bar.verdict for bar in end_to_end.bars(list(measured(tries)))]


def test_few_rounds_are_not_repeated(tries: list[Found]) -> None:
    """They would not be judged in any case."""
    tries += [found_of(3, **{**GOOD, "again": 9_000})]
    assert ["not judged"] * 2 == [bar.verdict for bar in end_to_end.bars(list(measured(tries)))]


def test_a_control_that_is_good_is_enough(tries: list[Found]) -> None:
    tries += [found_of(16, **GOOD)]
    assert not any(end_to_end.FIRST_TRY in one.case for one in measured(tries))


def test_a_quick_run_takes_fewer_servers_and_says_which_it_leaves_out() -> None:
    left_out: list[str] = []
    quick, full = cases_of(new_run(quick=True, left_out=left_out)), cases_of(new_run(quick=False))
    assert {case.server for case in quick} == {"uvicorn"}
    assert 1 == len(left_out)
    assert left_out[0].startswith("granian, hypercorn, gunicorn, the routes of frameworks with their peers")
    assert len(full) > len(quick)
    judged = [case.rounds for case in full if case.name in map(least_name, BAR_SERVERS)]
    assert min(judged) >= end_to_end.LEAST_ROUNDS


def test_without_wrk_the_scene_says_so_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_to_end, "find_wrk", lambda: None)
    (found,) = end_to_end.measure(new_run(quick=True))
    assert f"{NO_WRK}." == found.missing
    assert [] == list(end_to_end.bars([found]))
