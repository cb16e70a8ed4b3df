"""Show where the nanoseconds of a warm request go, step by step: `python -m benchmarks --profile`.

Each step is measured by itself, in small blocks in turn with all others, in several processes. The sum
of the steps stands beside the whole, so that everybody sees what this way of looking misses: a step
that is done over and over finds everything in the processor's caches, and lines that belong to no step
are in the whole only.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from timeit import Timer

from rich.console import Console
from rich.table import Table

from bearerguard.bench.figures import in_turn, median
from benchmarks import _profile_steps as steps
from benchmarks._profile_steps import Edge
from benchmarks.scenes._warm_blocks import clock
from benchmarks.scenes._warm_processes import ROOT

PROCESSES = 5
ROUNDS = 60
REPEATS = 500  # of a step, between two looks at the clock

EDGES = {"ASGI": steps.asgi_edge, "WSGI": steps.wsgi_edge}
ALONE = "alone"
LOOK_UP = "look it up"  # recall, less the digest
REST = "rest of authenticate"  # authenticate, less the four before it
# In the order in which a request meets them, and how each is found.
ROWS = (
    (steps.FRAME, ALONE),
    (steps.GATE, ALONE),
    (steps.EXCHANGE, ALONE),
    (steps.FIND, ALONE),
    (steps.DIGEST, ALONE),
    (LOOK_UP, "by difference"),
    (steps.CHECK, ALONE),
    (REST, "by difference"),
    (steps.ATTACH, ALONE),
    (steps.SEND, ALONE),
)

EXPLAINS = (
    f"Nanoseconds of processor time: the median of {PROCESSES} processes, and the lowest and highest of "
    "them, which is how far to trust a figure. What the sum misses is what a step costs where it is not done "
    "over and over with all that it needs at hand, and the lines between the steps."
)

Nanoseconds = dict[str, float]


def show() -> int:
    """Measure both edges, and print a table for each."""
    console = Console()
    runs: list[dict[str, Nanoseconds]] = []
    with console.status("") as status:
        for number in range(PROCESSES):
            status.update(f"process {number + 1} of {PROCESSES}")
            command = [sys.executable, "-m", "benchmarks.profile", "--one"]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            runs.append(json.loads(done.stdout))
    for edge in EDGES:
        console.print(table_of(edge, [run[edge] for run in runs]))
    console.print(EXPLAINS, highlight=False)
    return 0


def table_of(edge: str, runs: Sequence[Nanoseconds]) -> Table:
    """One edge: each step, their sum, and the whole."""
    table = Table(title=f"What the guard adds to a warm request, {edge}", title_justify="left")
    table.add_column("step")
    table.add_column("measured")
    for heading in ("ns", "processes", "share"):
        table.add_column(heading, justify="right")
    whole = [run[steps.WHOLE] for run in runs]
    for name, how in ROWS:
        _add_row(table, name, how, [run[name] for run in runs], whole)
    table.add_section()
    sums = [sum(run[name] for name, _ in ROWS) for run in runs]
    _add_row(table, "sum of the steps", "", sums, whole)
    _add_row(table, "whole", "guarded, less bare", whole, whole)
    left = [one - added for one, added in zip(whole, sums, strict=True)]
    _add_row(table, "what the sum misses", "", left, whole)
    _add_row(table, "floor, for comparison", "the same way", [run[steps.FLOOR] for run in runs], whole)
    return table


def _add_row(table: Table, name: str, how: str, values: Sequence[float], whole: Sequence[float]) -> None:
    share = median([value / one for value, one in zip(values, whole, strict=True)])
    spread = f"{min(values):,.0f} to {max(values):,.0f}"
    table.add_row(name, how, f"{median(values):,.0f}", spread, f"{share:.0%}")


def measure(edge: Edge) -> Nanoseconds:
    """Measure the steps of an edge in turn, and work out those that are a difference."""
    setup = "\n".join(f"{name} = {name}_" for name in edge.names)
    names = {f"{name}_": value for name, value in edge.names.items()}
    timers = {}
    for name, step in edge.steps.items():
        for part, statement in (("with", step.statement), ("without", step.without)):
            timer = Timer(statement, setup, timer=clock, globals=names)
            timers[f"{name}, {part}"] = partial(timer.timeit, REPEATS)
    in_turn(timers, 3)  # warm: the interpreter, the caches
    gc.freeze()
    taken = in_turn(timers, ROUNDS)
    found = {name: _median_difference(taken, name) for name in edge.steps}
    found[LOOK_UP] = found[steps.RECALL] - found[steps.DIGEST]
    inner = sum(found[name] for name in (steps.FIND, steps.RECALL, steps.CHECK))
    found[REST] = found[steps.AUTHENTICATE] - inner
    return found


def _median_difference(taken: dict[str, list[float]], name: str) -> float:
    pairs = zip(taken[f"{name}, with"], taken[f"{name}, without"], strict=True)
    return median([(taken_with - taken_without) / REPEATS * 1e9 for taken_with, taken_without in pairs])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    if not parser.parse_args().one:
        return show()
    print(json.dumps({name: measure(edge()) for name, edge in EDGES.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
