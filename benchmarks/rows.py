"""Put measurements into words: a figure with its spread, and what it is beside another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bearerguard.bench.figures import Interval, median, ratio, spread
from benchmarks.suite import Measurement


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement as it is shown: `times` is what it is of its reference."""

    case: str
    subject: str
    times: str
    versus: str
    figure: str
    spread: str


def rows_of(measurements: Sequence[Measurement]) -> Iterator[Row]:
    """Give a row for each measurement, in their order."""
    for one in measurements:
        subject = one.subject if one.at is None else f"{one.subject}, at {one.at:,.10g}"
        if one.missing is not None:
            yield Row(one.case, subject, "", "", one.missing, "")
            continue
        low, high = spread(one.values)
        beside = against(one, measurements)
        yield Row(
            case=one.case,
            subject=subject,
            times="" if beside is None else number(beside.middle),
            versus="" if beside is None else f"{one.versus} ({number(beside.low)} to {number(beside.high)})",
            figure=f"{number(median(one.values))} {one.unit}",
            spread=f"{number(low)} to {number(high)}" if len(one.values) > 1 else "",
        )


def against(one: Measurement, measurements: Sequence[Measurement]) -> Interval | None:
    """What a measurement is of its reference, round by round."""
    for other in measurements:
        is_same = (other.case, other.unit, other.at) == (one.case, one.unit, one.at)
        is_reference = is_same and other.subject == one.versus
        if is_reference and len(other.values) == len(one.values):
            return ratio(one.values, other.values)
    return None


def number(value: float) -> str:
    """Three digits that mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
