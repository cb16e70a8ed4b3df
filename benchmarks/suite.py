"""What a scene of the benchmark suite is, and what it measures.

A scene is a module in `benchmarks/scenes/`; to add one is to add a file. It has

    TITLE      a few words
    EXPLAINS   what is measured and how, in plain sentences, for the page
    measure    a generator of measurements
    bars       what the measurements must reach; it may be left out

and is named after its file. Every figure of one case comes from one run, its subjects in turn.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from benchmarks import scenes


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One subject in one case: a value for each round, compared with the subject `versus` of the same case.

    `at` is where the figure stands on an axis, such as a number of connections; cases with it are drawn
    as lines. `missing` says why there is nothing, in a plain sentence; then there are no values.
    """

    case: str
    subject: str
    unit: str
    values: tuple[float, ...] = ()
    versus: str | None = None
    at: float | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure must reach: `is_most` where it must not exceed the limit."""

    text: str
    value: float
    limit: float
    is_most: bool = True

    @property
    def is_met(self) -> bool:
        return self.value <= self.limit if self.is_most else self.value >= self.limit


@dataclass(frozen=True, slots=True)
class Run:
    """How thorough this run is, and whom to tell of its progress."""

    quick: bool
    tell: Callable[[str], None]

    def choose(self, full: int, quick: int) -> int:
        """A number of rounds, of seconds or of tokens."""
        return quick if self.quick else full


class Scene(Protocol):
    """A module in `benchmarks/scenes/`."""

    TITLE: str
    EXPLAINS: str

    def measure(self, run: Run) -> Iterator[Measurement]:
        """Measure, and give each figure as soon as it is there."""


def bars_of(scene: Scene, measurements: Sequence[Measurement]) -> list[Bar]:
    """What the scene says its figures must reach; nothing where it says nothing."""
    find: Callable[[Sequence[Measurement]], Iterable[Bar]] = getattr(scene, "bars", lambda _: [])
    return list(find(measurements))


def find_scenes() -> dict[str, Scene]:
    """Every scene by its name, in the order of the files."""
    names = sorted(module.name for module in pkgutil.iter_modules(scenes.__path__))
    return {
        name: cast(Scene, importlib.import_module(f"{scenes.__name__}.{name}"))
        for name in names
        if not name.startswith("_")
    }
