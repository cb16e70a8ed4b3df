"""Compare what was measured in rounds: medians, spreads, and ratios with their uncertainty.

A figure of one round is only ever compared with another of the same round, since a shared machine is
slower in one minute than in the next.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

RESAMPLES = 2_000
CONFIDENCE = 0.95
# What a subject may reach of itself: beyond this the machine was not quiet enough, and the run says nothing.
STEADY = (0.97, 1.03)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the bounds within which another run would probably have put it."""

    low: float
    middle: float
    high: float


def in_turn(subjects: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Measure each subject once a round, in another order each time; what each round gave, by name."""
    shuffling = random.Random(0)  # noqa: S311 - an order, no secret
    order = list(subjects)
    measured: dict[str, list[T]] = {name: [] for name in subjects}
    for _ in range(rounds):
        shuffling.shuffle(order)
        for name in order:
            measured[name].append(subjects[name]())
    return measured


def is_steady(control: Interval) -> bool:
    """Tell whether a subject that ran twice was the same both times."""
    return STEADY[0] <= control.middle <= STEADY[1]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The lower and the upper quartile; of fewer than four values the lowest and the highest."""
    if len(values) < 4:
        return min(values), max(values)
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def ratio(values: Sequence[float], references: Sequence[float]) -> Interval:
    """Give the median of the rounds' ratios, with a bootstrap interval over the rounds.

    Raises ValueError unless both have a value for each round.
    """
    ratios = [value / reference for value, reference in zip(values, references, strict=True)]
    drawing = random.Random(0)  # noqa: S311 - a statistic, no secret
    medians = sorted(statistics.median(drawing.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    outside = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return Interval(medians[outside], statistics.median(ratios), medians[-1 - outside])
