"""Draw a scene's figures as SVG, once for light pages and once for dark ones.

Bars for what stands beside each other, lines for what runs along an axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks._plot_style import COLOURS, Panel
from benchmarks.rows import reference_of
from benchmarks.suite import Measurement


def kinds_of(measurements: Sequence[Measurement]) -> list[str]:
    """Which pictures a scene has: `bars`, `lines`, both or none."""
    drawn = [one for one in measurements if one.is_drawn and one.values]
    kinds = {"bars": any(one.at is None for one in drawn), "lines": any(one.at is not None for one in drawn)}
    return [kind for kind, is_there in kinds.items() if is_there]


def draw(name: str, measurements: Sequence[Measurement], folder: Path) -> list[Path]:
    """Write the pictures of a scene; none where there is nothing to be seen. Needs matplotlib."""
    import matplotlib as mpl

    from benchmarks._plot_bars import draw_bars
    from benchmarks._plot_lines import draw_lines

    drawing = {"bars": draw_bars, "lines": draw_lines}
    paths = []
    for kind in kinds_of(measurements):
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": f"{name}-{kind}"})
        mpl.rcParams.update({"font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans", "Verdana"]})
        panels = list(panels_of(measurements, kind))
        for theme, colours in COLOURS.items():
            path = folder / f"{name}-{kind}-{theme}.svg"
            drawing[kind](panels, colours).savefig(path, transparent=True, metadata={"Date": None})
            paths.append(path)
    return paths


def panels_of(measurements: Sequence[Measurement], kind: str) -> Iterator[Panel]:
    """Give a panel for each case and unit that is drawn."""
    drawn = [
        one
        for one in measurements
        if one.is_drawn and one.values and (one.at is not None) is (kind == "lines")
    ]
    for case, unit in dict.fromkeys((one.case, one.unit) for one in drawn):
        here = tuple(one for one in drawn if (one.case, one.unit) == (case, unit))
        better = "more is better" if here[0].more_is_better else "less is better"
        reference = reference_of(here) if kind == "bars" else None
        what = unit if reference is None else f"times {reference} ({unit})"
        yield Panel(case, f"{what}; {better}", here)
