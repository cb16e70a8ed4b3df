"""Put measurements into tables: what belongs beside each other, ratios first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from bearerguard.bench.figures import Interval, median, ratio, spread
from benchmarks.suite import Bar, Measurement

Cells = tuple[str, ...]

TIMES, INTERVAL, MEDIAN, SPREAD = "times", "95 %", "median", "half of them"


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of figure of one case: a row for each of `lines`, its columns named by `header`.

    `heading` says what is measured, in which unit, and beside whom; `notes` are about whoever is missing.
    """

    heading: str
    header: Cells
    lines: tuple[Cells, ...]
    notes: Cells = ()


def groups_of(measurements: Sequence[Measurement]) -> Iterator[Group]:
    """Give a group for each case and unit, in their order."""
    for case, unit in dict.fromkeys((one.case, one.unit) for one in measurements):
        here = [one for one in measurements if (one.case, one.unit) == (case, unit)]
        found = [one for one in here if one.missing is None]
        notes = tuple(f"{one.subject}: {one.missing}" for one in here if one.missing is not None)
        lines = _along_axis(found) if any(one.at is not None for one in found) else _beside_each_other(found)
        if not lines:
            yield Group(case, (), (), notes)
            continue
        header, *rows = _without_empty_columns(lines)
        reference = reference_of(found)
        beside = f", and times {reference}" if TIMES in header else ""
        yield Group(f"{case}: {unit}{beside}", header, tuple(rows), notes)


def _beside_each_other(found: Sequence[Measurement]) -> list[Cells]:
    """A line for each subject; the header comes first, its first cell empty."""
    lines: list[Cells] = [("", TIMES, INTERVAL, MEDIAN, SPREAD)]
    for one in found:
        beside = against(one, found)
        has_rounds = len(one.values) > 1
        whole = _are_whole(one.values)
        lines.append(
            (
                one.subject,
                number(beside.middle) if beside else "",
                _range(beside.low, beside.high) if beside and has_rounds else "",
                number(median(one.values), whole=whole),
                _range(*spread(one.values), whole=whole) if has_rounds else "",
            )
        )
    return lines if found else []


def _along_axis(found: Sequence[Measurement]) -> list[Cells]:
    """A column for each place on the axis; a line for each subject, above it one for its ratio."""
    places = sorted({one.at for one in found if one.at is not None})
    axis = next((one.axis for one in found if one.axis is not None), "")
    lines: list[Cells] = [(axis, *(f"{at:,.10g}" for at in places))]
    for subject in dict.fromkeys(one.subject for one in found):
        by_place = {one.at: one for one in found if one.subject == subject}
        versus = next((one.versus for one in by_place.values() if one.versus is not None), None)
        figures = [by_place.get(at) for at in places]
        if versus is not None:
            besides = [one and against(one, found) for one in figures]
            lines.append(
                (f"{subject}, times {versus}", *(number(one.middle) if one else "" for one in besides))
            )
        whole = all(_are_whole(one.values) for one in figures if one)
        medians = [number(median(one.values), whole=whole) if one else "" for one in figures]
        lines.append((subject, *medians))
    return lines


def reference_of(found: Sequence[Measurement]) -> str | None:
    """The subject that the others of a group are compared with, where it is there."""
    subjects = {one.subject for one in found}
    return next((one.versus for one in found if one.versus in subjects), None)


def against(one: Measurement, measurements: Sequence[Measurement]) -> Interval | None:
    """What a measurement is of its reference, round by round."""
    for other in measurements:
        is_same = (other.case, other.unit, other.at) == (one.case, one.unit, one.at)
        is_reference = is_same and other.subject == one.versus
        if is_reference and len(other.values) == len(one.values):
            return _ratio(one.values, other.values)
    return None


@cache
def _ratio(values: tuple[float, ...], references: tuple[float, ...]) -> Interval:
    """Tables and pictures, light and dark, ask for the same ones; each is thousands of samples."""
    return ratio(values, references)


def bar_cells(bar: Bar) -> Cells:
    """A bar's figure, its limit, and what it is about."""
    whole = _are_whole((bar.value, bar.limit))
    sign = "<=" if bar.is_most else ">="
    text = bar.text if bar.not_judged is None else f"{bar.text} ({bar.not_judged})"
    return number(bar.value, whole=whole), f"{sign} {number(bar.limit, whole=whole)}", text


def number(value: float, *, whole: bool = False) -> str:
    """Three digits that mean something; all of them where figures are counts."""
    size = abs(value)
    if whole or size >= 99.95 or value == 0:
        return f"{value:,.0f}"
    if size < 0.0995:
        return f"{value:.2g}"
    return f"{value:.{1 if size >= 9.995 else 2 if size >= 0.9995 else 3}f}"


def _are_whole(values: Sequence[float]) -> bool:
    return all(value == int(value) for value in values)


def _range(low: float, high: float, *, whole: bool = False) -> str:
    return f"{number(low, whole=whole)} to {number(high, whole=whole)}"


def _without_empty_columns(lines: Sequence[Cells]) -> list[Cells]:
    """The first column stays, and those that have something under their heading."""
    kept = [n for n in range(len(lines[0])) if n == 0 or any(line[n] for line in lines[1:])]
    return [tuple(line[n] for n in kept) for line in lines]
