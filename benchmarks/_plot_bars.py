"""Draw what stands beside each other: a bar for each subject, the ratio where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure

from bearerguard.bench.figures import Interval, median, spread
from benchmarks._plot_style import (
    OURS,
    SMALL_POINTS,
    TEXT_POINTS,
    TITLE_POINTS,
    WIDTH_INCHES,
    Colours,
    Panel,
    dress,
)
from benchmarks.rows import against, number, reference_of

ROW_INCHES, TITLE_INCHES, GAP_INCHES, EDGE_INCHES = 0.25, 0.44, 0.2, 0.15
NAME_INCHES = 2.7  # left of the bars
REFERENCE = Interval(1, 1, 1)


def draw_bars(panels: Sequence[Panel], colours: Colours) -> Figure:
    """Panel below panel, each with a scale of its own that begins at zero."""
    rows = [list(_bars_of(panel)) for panel in panels]
    inches = [TITLE_INCHES + ROW_INCHES * len(bars) + GAP_INCHES for bars in rows]
    height = sum(inches) + EDGE_INCHES
    figure = Figure(figsize=(WIDTH_INCHES, height))
    top = height - EDGE_INCHES / 2
    for panel, bars, taken in zip(panels, rows, inches, strict=True):
        inner = ROW_INCHES * len(bars)
        bottom = top - TITLE_INCHES - inner
        left, width = NAME_INCHES / WIDTH_INCHES, 1 - (NAME_INCHES + 0.15) / WIDTH_INCHES
        axes = figure.add_axes((left, bottom / height, width, inner / height))
        _title(figure, panel, colours, (top - 0.13) / height, 0.17 / height)
        _fill_with_bars(axes, bars, colours)
        top -= taken
    return figure


def _title(figure: Figure, panel: Panel, colours: Colours, at: float, line: float) -> None:
    figure.text(0.012, at, panel.title, color=colours["text"], fontsize=TITLE_POINTS, fontweight="bold")
    figure.text(0.012, at - line, panel.subtitle, color=colours["faint"], fontsize=SMALL_POINTS)


def _fill_with_bars(axes: Any, bars: Sequence[tuple[str, Interval]], colours: Colours) -> None:
    is_all_ours = not any(name.startswith(OURS) for name, _ in bars)
    for at, (name, interval) in enumerate(bars):
        error = [[interval.middle - interval.low], [interval.high - interval.middle]]
        is_reference = interval is REFERENCE
        is_ours = name.startswith(OURS) or (is_all_ours and not is_reference)
        axes.barh(at, interval.middle, 0.66, color=colours["ours" if is_ours else "others"])
        if interval.low < interval.high:
            axes.errorbar(interval.middle, at, xerr=error, ecolor=colours["text"], capsize=2, linewidth=0.9)
        axes.annotate(
            "1" if is_reference else number(interval.middle),
            (max(interval.high, interval.middle), at),
            (5, 0),
            textcoords="offset points",
            color=colours["text"],
            va="center",
            fontsize=TEXT_POINTS,
        )
    widest = max(max(interval.high, interval.middle) for _, interval in bars)
    axes.set_xlim(0, widest * 1.14 or 1)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_yticks(range(len(bars)), [name for name, _ in bars])
    axes.set_xticks([])
    dress(axes, colours)
    axes.spines["left"].set_visible(True)
    axes.spines["left"].set_color(colours["grid"])


def _bars_of(panel: Panel) -> Iterator[tuple[str, Interval]]:
    """Give each subject's ratio, the reference as 1; where there is none, the figures."""
    reference = reference_of(panel.measurements)
    for one in panel.measurements:
        beside = against(one, panel.measurements)
        if beside is not None:
            yield one.subject, beside
        elif one.subject == reference:
            yield one.subject, REFERENCE
        elif reference is None:
            low, high = spread(one.values)
            yield one.subject, Interval(low, median(one.values), high)
