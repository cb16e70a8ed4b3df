"""Measure the memory of a request: what it needs at most, while it is in the application, and for good."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from tests.perf.scenes import Scene

MANY = 200
ROUNDS = 3  # something else in this process may allocate in one of them


@contextmanager
def undisturbed() -> Iterator[None]:
    """Measure without a tracer and without the collector, which has nothing old to look at either."""
    tracer, collects = sys.gettrace(), gc.isenabled()
    sys.settrace(None)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if collects:
            gc.enable()
        sys.settrace(tracer)


class Kept:
    """A context manager: what is still there afterwards, and how much of it only the collector finds."""

    def __init__(self) -> None:
        self.blocks = self.cycles = 0
        self._before = sys.maxsize - 1  # an object already, so that to replace it makes no block more

    def __enter__(self) -> None:
        gc.collect()  # also empties the interpreter's lists of spare objects, which count as blocks
        self._before = sys.getallocatedblocks()

    def __exit__(self, *raised: object) -> None:
        self.cycles = gc.collect()
        self.blocks = sys.getallocatedblocks() - self._before


class Traced:
    """A context manager: the most bytes at a time, and how many there are in the application."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.peak = self.in_flight = self._before = 0

    def __enter__(self) -> None:
        self._scene.edge.entered = self._note
        tracemalloc.reset_peak()
        self._before, _ = tracemalloc.get_traced_memory()

    def __exit__(self, *raised: object) -> None:
        _, peak = tracemalloc.get_traced_memory()
        self.peak = peak - self._before

    def _note(self) -> None:
        now, _ = tracemalloc.get_traced_memory()
        self.in_flight = now - self._before


def kept_by_each(scene: Scene) -> tuple[float, float]:
    """How many blocks, and objects in cycles, a request leaves behind: to a tenth, in the quietest round.

    The interpreter itself keeps or drops an object now and then, so less than that says nothing.
    """
    rounds = [Kept() for _ in range(ROUNDS)]
    for kept in rounds:
        scene.edge.many(MANY, kept)
    blocks, cycles = min(kept.blocks for kept in rounds), min(kept.cycles for kept in rounds)
    return round(blocks / MANY, 1), round(cycles / MANY, 1)


def bytes_of_one(scene: Scene) -> tuple[int, int]:
    """How many bytes one request needs at most, and while it is in the application."""
    gc.collect()  # spare objects of whoever ran before would be used, and not be seen
    tracemalloc.start()
    try:
        rounds = [Traced(scene) for _ in range(5 * ROUNDS)]
        scene.edge.once(*rounds)
    finally:
        tracemalloc.stop()
    return min(traced.peak for traced in rounds), min(traced.in_flight for traced in rounds)
