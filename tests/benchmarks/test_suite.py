"""What a scene may take, what it says of the rest, and when a bar is met, missed or not judged."""

from __future__ import annotations

import pytest

from bearerguard.bench.figures import Interval
from benchmarks.suite import Bar, Budget, Run, find_scenes, undecided
from tests.support import Clock

NAMES = ["abuse", "cold", "end_to_end", "jwt_abuse", "jwt_cold", "scale", "stampede", "warm"]
QUICK_SECONDS = 3 * 60
FULL_SECONDS = 30 * 60
MAKING_SECONDS = 30  # what is left for the rest: what runs over its time, and the beginning


def new_run(clock: Clock, *, quick: bool = True) -> tuple[Run, list[str]]:
    left_out: list[str] = []
    run = Run(quick=quick, ends_at=clock() + 10, tell=print, leave_out=left_out.append, monotonic=clock)
    return run, left_out


def test_every_scene_says_what_it_is_and_how_long_it_takes() -> None:
    """In the order of the files."""
    scenes = find_scenes()
    assert NAMES == list(scenes)
    for scene in scenes.values():
        assert scene.TITLE
        assert scene.EXPLAINS.strip().endswith(".")
        assert 0 < scene.BUDGET.quick < scene.BUDGET.full


def test_all_scenes_together_have_the_time_that_is_promised() -> None:
    """Three minutes and thirty, with room for what is under way when a scene's time is over."""
    budgets = [scene.BUDGET for scene in find_scenes().values()]
    assert sum(budget.quick for budget in budgets) <= QUICK_SECONDS - MAKING_SECONDS
    assert sum(budget.full for budget in budgets) <= FULL_SECONDS - 3 * 60


def test_a_budget_is_that_of_the_run() -> None:
    assert (5, 60) == tuple(Budget(quick=5, full=60).choose(quick=quick) for quick in (True, False))


def test_what_there_is_no_time_for_is_left_out_and_named() -> None:
    """Nothing is skipped silently."""
    clock = Clock()
    run, left_out = new_run(clock)
    assert run.may_begin("a case")
    clock.move(10)
    assert not run.may_begin("a second case")
    assert ["a second case, since the time was over"] == left_out


def test_a_quick_run_takes_the_smaller_number() -> None:
    assert (3, 16) == tuple(new_run(Clock(), quick=quick)[0].choose(16, 3) for quick in (True, False))


@pytest.mark.parametrize(
    ("value", "is_most", "not_judged", "expected"),
    [
        (2.0, True, None, "ok"),
        (2.01, True, None, "MISSED"),
        (2.0, False, None, "ok"),
        (1.99, False, None, "MISSED"),
        (99.0, True, "3 rounds", "not judged"),
        (0.0, True, "3 rounds", "not judged"),
    ],
)
def test_the_verdict_of_a_bar(value: float, is_most: bool, not_judged: str | None, expected: str) -> None:
    """One that cannot be judged is neither met nor missed, whatever its figure."""
    bar = Bar(text="a bar", value=value, limit=2.0, is_most=is_most, not_judged=not_judged)
    assert expected == bar.verdict


@pytest.mark.parametrize(
    ("rounds", "low", "high", "expected"),
    [
        (4, 1.9, 2.1, "its interval of 4 rounds, 1.90 to 2.10, reaches over the limit"),
        (5, 1.9, 2.1, None),
        (4, 2.01, 2.1, None),
        (4, 1.8, 1.99, None),
    ],
)
def test_few_rounds_on_both_sides_of_a_limit_decide_nothing(
    rounds: int, low: float, high: float, expected: str | None
) -> None:
    found = Interval(low, (low + high) / 2, high)
    assert expected == undecided(found, 2.0, rounds=rounds, least_rounds=5)
