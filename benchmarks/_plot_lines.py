"""Draw what runs along an axis: a line for each subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bearerguard.bench.figures import median
from benchmarks._plot_style import OURS, SMALL_POINTS, TITLE_POINTS, WIDTH_INCHES, Colours, Panel, dress

LINE_STYLES = ((0, ()), (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1, 1, 1)))  # of the others, one after another
MARKERS = "sD^v"
HEIGHT_INCHES = 2.5  # of a small picture


def draw_lines(panels: Sequence[Panel], colours: Colours) -> Figure:
    """Two small pictures in a row, a line for each subject."""
    rows = (len(panels) + 1) // 2
    figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES * rows), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)  # type: ignore[union-attr]
    grid = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        _fill_with_lines(axes, panel, colours)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    return figure


def _fill_with_lines(axes: Any, panel: Panel, colours: Colours) -> None:
    subjects = list(dict.fromkeys(one.subject for one in panel.measurements))
    others = [subject for subject in subjects if not subject.startswith(OURS)]
    for subject in [*others, *(one for one in subjects if one not in others)]:  # ours last: on top
        points = sorted(
            (one.at or 0, median(one.values)) for one in panel.measurements if one.subject == subject
        )
        is_ours = subject not in others
        n = 0 if is_ours else others.index(subject)
        axes.plot(
            *zip(*points, strict=True),
            label=subject,
            color=colours["ours" if is_ours else "others"],
            linewidth=2 if is_ours else 1.3,
            linestyle="-" if is_ours else LINE_STYLES[n % len(LINE_STYLES)],
            marker="o" if is_ours else MARKERS[n % len(MARKERS)],
            markersize=4 if is_ours else 3,
        )
    places = sorted({one.at for one in panel.measurements if one.at is not None})
    axes.set_xscale("log")
    axes.set_xticks(places, [short(at) for at in places])
    axes.minorticks_off()
    highest = max(median(one.values) for one in panel.measurements)
    axes.set_ylim(0, highest * (1.12 + 0.14 * len(subjects)) or 1)  # the legend stands above all lines
    axes.set_yticks([tick for tick in MaxNLocator(5).tick_values(0, highest) if tick <= highest * 1.02])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    axes.set_xlabel(panel.measurements[0].axis or "", color=colours["faint"], fontsize=SMALL_POINTS)
    axes.set_title(
        f"{panel.title}\n", color=colours["text"], fontsize=TITLE_POINTS, fontweight="bold", loc="left"
    )
    axes.text(
        0, 1.03, panel.subtitle, transform=axes.transAxes, color=colours["faint"], fontsize=SMALL_POINTS
    )
    axes.legend(
        loc="upper left", frameon=False, fontsize=SMALL_POINTS, labelcolor=colours["text"], handlelength=2.6
    )
    dress(axes, colours)
    axes.grid(axis="y", color=colours["grid"], linewidth=0.6)


def short(at: float) -> str:
    """Write a place on an axis: 512, 10k, 1M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if at >= size:
            return f"{at / size:g}{letter}"
    return f"{at:g}"
