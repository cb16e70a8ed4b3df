"""What a scene of the benchmark suite is, and what it measures.

A scene is a module in `benchmarks/scenes/`; to add one is to add a file. It has

    TITLE      a few words
    EXPLAINS   what is measured and how, in plain sentences, for the page
    BUDGET     how long it may take
    measure    a generator of measurements
    bars       what the measurements must reach; it may be left out

and is named after its file. Every figure of one case comes from one run, its subjects in turn.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from bearerguard.bench.figures import Interval
from benchmarks.arguments import scene_names

OK, MISSED, NOT_JUDGED = "ok", "MISSED", "not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One subject in one case: a value for each round, compared with the subject `versus` of the same case.

    `at` is where the figure stands on an axis, and `axis` what that counts, such as connections; cases
    with it are drawn as lines. `is_drawn` is False for figures that stand in the tables only. `missing`
    says why there is nothing, in a plain sentence; then there are no values.
    """

    case: str
    subject: str
    unit: str
    values: tuple[float, ...] = ()
    versus: str | None = None
    at: float | None = None
    axis: str | None = None
    more_is_better: bool = False
    is_drawn: bool = True
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure must reach: `is_most` where it must not exceed the limit.

    `not_judged` says why the run cannot tell.
    """

    text: str
    value: float
    limit: float
    is_most: bool = True
    not_judged: str | None = None

    @property
    def verdict(self) -> str:
        if self.not_judged is not None:
            return NOT_JUDGED
        is_met = self.value <= self.limit if self.is_most else self.value >= self.limit
        return OK if is_met else MISSED


def undecided(found: Interval, limit: float, *, rounds: int, least_rounds: int) -> str | None:
    """Say why few rounds cannot tell on which side of a limit a figure is; None where they can."""
    if rounds >= least_rounds or not found.low <= limit <= found.high:
        return None
    return f"its interval of {rounds} rounds, {found.low:.2f} to {found.high:.2f}, reaches over the limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Seconds of the wall clock that a scene may take; what it has not begun by then it leaves out."""

    quick: int
    full: int

    def choose(self, *, quick: bool) -> int:
        return self.quick if quick else self.full


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How thorough this run is, until when it may begin something new, and whom to tell.

    `leave_out` takes what is not measured, in words that go on after "left out:".
    """

    quick: bool
    ends_at: float
    tell: Callable[[str], None]
    leave_out: Callable[[str], None]
    monotonic: Callable[[], float] = time.monotonic

    def choose(self, full: int, quick: int) -> int:
        """A number of rounds, of seconds or of tokens."""
        return quick if self.quick else full

    def seconds_left(self) -> float:
        return self.ends_at - self.monotonic()

    def may_begin(self, what: str) -> bool:
        """Tell whether there is time for another part; where there is none, that part is named."""
        if self.seconds_left() > 0:
            return True
        self.leave_out(f"{what}, since the time was over")
        return False


class Scene(Protocol):
    """A module in `benchmarks/scenes/`."""

    TITLE: str
    EXPLAINS: str
    BUDGET: Budget

    def measure(self, run: Run) -> Iterator[Measurement]:
        """Measure, and give each figure as soon as it is there."""


def bars_of(scene: Scene, measurements: Sequence[Measurement]) -> list[Bar]:
    """What the scene says its figures must reach; nothing where it says nothing."""
    find: Callable[[Sequence[Measurement]], Iterable[Bar]] = getattr(scene, "bars", lambda _: [])
    return list(find(measurements))


def find_scenes() -> dict[str, Scene]:
    """Every scene by its name, in the order of the files."""
    return {name: cast(Scene, importlib.import_module(f"benchmarks.scenes.{name}")) for name in scene_names()}
