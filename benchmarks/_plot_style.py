"""How the pictures look: colours for light pages and dark ones, sizes, and what stands in a panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.suite import Measurement

Colours = dict[str, str]

# Ours is blue, everybody else grey.
NAMES = ("text", "faint", "ours", "others", "grid")
COLOURS: dict[str, Colours] = {
    "light": dict(zip(NAMES, ("#1f2328", "#59636e", "#0969da", "#9aa4af", "#d1d9e0"), strict=True)),
    "dark": dict(zip(NAMES, ("#e6edf3", "#9198a1", "#4493f8", "#768390", "#3d444d"), strict=True)),
}
OURS = "bearerguard"
WIDTH_INCHES = 8.2
TITLE_POINTS, TEXT_POINTS, SMALL_POINTS = 9.5, 8.5, 7.5


@dataclass(frozen=True, slots=True)
class Panel:
    """One small picture: a title, a subtitle that says what is better, and what stands in it."""

    title: str
    subtitle: str
    measurements: tuple[Measurement, ...]


def dress(axes: Any, colours: Colours) -> None:
    """Leave of the axes what is needed to read them."""
    axes.tick_params(colors=colours["text"], labelsize=TEXT_POINTS, length=0)
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
