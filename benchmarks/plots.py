"""Draw a scene's figures as SVG, once for light pages and once for dark ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bearerguard.bench.figures import Interval, median, spread
from benchmarks.rows import against
from benchmarks.suite import Measurement

# Text, lines and the one subject that is ours; everybody else is grey.
COLOURS = {
    "light": {"text": "#1f2328", "faint": "#8c959f", "ours": "#0969da", "grid": "#d1d9e0"},
    "dark": {"text": "#e6edf3", "faint": "#7d8590", "ours": "#4493f8", "grid": "#3d444d"},
}
OURS = "bearerguard"
ROW_INCHES = 0.32
WIDTH_INCHES = 7.6


def draw(name: str, measurements: Sequence[Measurement], folder: Path) -> list[Path]:
    """Write the pictures of a scene; none where there is nothing to be seen."""
    found = [one for one in measurements if one.values]
    if not found:
        return []
    paths = []
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"})
    for theme, colours in COLOURS.items():
        figure = _lines(found, colours) if any(one.at is not None for one in found) else _bars(found, colours)
        path = folder / f"{name}-{theme}.svg"
        figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
        paths.append(path)
    return paths


def _bars(measurements: Sequence[Measurement], colours: dict[str, str]) -> Figure:
    """A bar for each subject, case below case: the ratio where there is one, else the figure."""
    rows = list(_rows(measurements))
    figure = Figure(figsize=(WIDTH_INCHES, ROW_INCHES * len(rows) + 0.6))
    axes = figure.subplots()
    for at, (label, interval, is_ours) in enumerate(rows):
        if interval is None:
            axes.text(0, at, label, color=colours["text"], fontweight="bold", va="center", fontsize=9)
            continue
        error = [[interval.middle - interval.low], [interval.high - interval.middle]]
        colour = colours["ours"] if is_ours else colours["faint"]
        axes.barh(at, interval.middle, 0.62, color=colour, xerr=error, ecolor=colours["text"], capsize=2)
        axes.text(
            interval.high, at, f"  {interval.middle:.3g}", color=colours["text"], va="center", fontsize=8
        )
    axes.set_yticks(range(len(rows)), [label if interval else "" for label, interval, _ in rows])
    axes.invert_yaxis()
    _dress(axes, colours)
    axes.margins(x=0.12)
    return figure


def _rows(measurements: Sequence[Measurement]) -> Iterator[tuple[str, Interval | None, bool]]:
    """What stands in each line: a case's name, then its subjects."""
    last = ""
    for one in measurements:
        beside = against(one, measurements)
        is_reference = one.versus is None and any(other.versus == one.subject for other in measurements)
        if is_reference:
            continue
        title = f"{one.case}: times {one.versus}" if beside is not None else f"{one.case}, {one.unit}"
        if title != last:
            yield title, None, False
        last = title
        low, high = spread(one.values)
        yield one.subject, beside or Interval(low, median(one.values), high), one.subject.startswith(OURS)


def _lines(measurements: Sequence[Measurement], colours: dict[str, str]) -> Figure:
    """A small picture for each case, a line for each subject along the axis."""
    cases = list(dict.fromkeys((one.case, one.unit) for one in measurements if one.at is not None))
    figure = Figure(figsize=(WIDTH_INCHES, 2.3 * ((len(cases) + 1) // 2)), layout="constrained")
    grid = figure.subplots((len(cases) + 1) // 2, 2, squeeze=False).ravel()
    for axes, (case, unit) in zip(grid, cases, strict=False):
        here = [one for one in measurements if (one.case, one.unit) == (case, unit) and one.at is not None]
        for subject in dict.fromkeys(one.subject for one in here):
            points = [(one.at, median(one.values)) for one in here if one.subject == subject]
            is_ours = subject.startswith(OURS)
            axes.plot(
                *zip(*points, strict=True),
                marker="o",
                markersize=3,
                linewidth=2 if is_ours else 1,
                color=colours["ours"] if is_ours else colours["faint"],
            )
            axes.annotate(f" {subject}", points[-1], color=colours["text"], fontsize=7, va="center")
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_title(f"{case}, {unit}", color=colours["text"], fontsize=9)
        axes.margins(x=0.25)
        _dress(axes, colours)
    for axes in grid[len(cases) :]:
        axes.set_visible(False)
    return figure


def _dress(axes: Any, colours: dict[str, str]) -> None:
    axes.tick_params(colors=colours["text"], labelsize=8, length=0)
    axes.grid(axis="x", color=colours["grid"], linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
