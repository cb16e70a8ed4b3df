"""Show where the nanoseconds of a warm request go, line by line: `python3 run.py bench --profile`.

A request is watched once, to see which lines of which functions it runs. Then it is made over and over with
one function cut short after one of its lines (see `_profile_cuts.py`), in small blocks in turn, in
several processes. What a line costs is the difference between two such requests: it is measured where it
stands, with all around it; and nothing is missing, for the lines add up to what the guard adds.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from timeit import Timer
from typing import Any

from rich.console import Console

from bearerguard.bench.figures import in_turn, median
from benchmarks._profile_cuts import Cuttable, cuttable
from benchmarks._profile_edges import BARE, EDGES, FLOOR, GUARDED, Edge
from benchmarks._profile_trace import watch
from benchmarks.introspection_shared import ROOT
from benchmarks.scenes._warm_blocks import clock

PROCESSES = 7
ROUNDS = 30
REPEATS = 200  # of a request, between two looks at the clock
WARM_UP = 200  # requests after a cut: the interpreter adapts its code to what it meets
SMALL_SHARE = 0.015  # of the whole: lines that cost less are shown together

EXPLAINS = (
    f"Nanoseconds of processor time: the median of {PROCESSES} processes, and the lowest and highest of "
    "them, which is how far to trust a figure. A line is measured by ending its function before it and "
    "after it, so the lines add up to the whole; one below zero shows how far those around it are blurred. "
    "Below a call stand the lines of what it calls; its own figure is what is left of it."
)


Taken = dict[str, float]
"""Nanoseconds of a request, by where it was cut short."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line at its depth, the function that it is of, and which requests its cost is the difference of.

    `is_rest` is the row after a function's lines, where those that cost little are shown together.
    """

    depth: int
    function: str
    text: str
    after: Sequence[str] = ()
    before: Sequence[str] = ()
    is_call: bool = False
    is_rest: bool = False

    def cost(self, taken: Taken) -> float:
        return sum(taken[name] for name in self.after) - sum(taken[name] for name in self.before)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one process found at one edge."""

    taken: Taken
    rows: list[Row]

    @classmethod
    def from_json(cls, members: dict[str, Any]) -> Profile:
        return cls(members["taken"], [Row(**row) for row in members["rows"]])


def show() -> int:
    """Measure both edges in several processes, and print what each line takes."""
    console = Console(highlight=False)
    runs: list[dict[str, Profile]] = []
    with console.status("") as status:
        for number in range(PROCESSES):
            status.update(f"process {number + 1} of {PROCESSES}")
            command = [sys.executable, "-m", "benchmarks.warm_profile", "--one"]
            done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout)
            runs.append({edge: Profile.from_json(members) for edge, members in found.items()})
    for edge in EDGES:
        console.print()
        for line in lines_of(edge, [run[edge] for run in runs]):
            console.print(line, markup=False, overflow="ellipsis", no_wrap=True)
    console.print(f"\n{EXPLAINS}")
    return 0


def lines_of(edge: str, runs: Sequence[Profile]) -> Iterator[str]:
    """Give the table of one edge."""
    taken = {name: median([run.taken[name] for run in runs]) for name in runs[0].taken}
    whole = WHOLE.cost(taken)

    def figures(*rows: Row) -> str:
        found = [sum(row.cost(run.taken) for row in rows) for run in runs]
        cost = sum(row.cost(taken) for row in rows)
        between = f"{min(found):,.0f} to {max(found):,.0f}"
        return f"{round(cost):8,}{between:>18}{round(100 * cost / whole):7} %"

    yield f"What the guard adds to a warm request, {edge}"
    yield f"{'ns':>8}{'processes':>18}{'share':>8}  line"
    small: defaultdict[str, list[Row]] = defaultdict(list)
    for row in runs[0].rows:
        indent = "  " * row.depth
        if not row.is_call and not row.is_rest and abs(row.cost(taken)) < SMALL_SHARE * whole:
            small[row.function].append(row)
        elif not row.is_rest:
            yield f"{figures(row)}  {indent}{row.text}"
        elif together := small[row.function]:
            yield f"{figures(*together)}  {indent}({len(together)} small lines of {row.function})"
    yield f"{figures(WHOLE)}  whole"
    yield f"{figures(Row(0, '', '', [FLOOR], [BARE]))}  the floor, for comparison"


def measure(edge: Edge) -> Profile:
    """Find the lines of a warm request, measure each, and give them in the order of the request."""
    guarded = edge.requests[GUARDED]
    for _ in range(WARM_UP):
        guarded()
    functions = find_functions(guarded)
    blocks = {name: partial(block, request) for name, request in edge.requests.items()}
    for one in functions:
        for lines in range(len(one.lines)):
            blocks[place(one, lines)] = partial(cut_block, guarded, one, lines)
    in_turn(blocks, 2)  # warm: the interpreter, the caches
    gc.collect()
    gc.freeze()
    # The least, since all that can happen to a block takes longer: a neighbour, a cold cache.
    taken = {name: min(values) for name, values in in_turn(blocks, ROUNDS).items()}
    gc.unfreeze()  # what is frozen cannot be asked who refers to it
    outermost = functions[0]
    call = Row(0, "", f"the call of {outermost.name}", [place(outermost, 0)], [BARE], is_call=True)
    return Profile(taken, [call, *rows_of(outermost, functions, 0)])


WHOLE = Row(0, "", "", [GUARDED], [BARE])


def find_functions(request: Callable[[], object]) -> list[Cuttable]:
    """Watch a request, and give the functions that can be cut; the outermost, the middleware, first."""
    visits = watch(request)
    calls = Counter(visit.code for visit in visits)
    found = [cuttable(visits[0], is_outermost=True)]
    # What is called twice gives two results, of which a cut knows but one. What the application calls, it
    # calls for what it does.
    found += [cuttable(visit) for visit in visits[1:] if visit.caller is not None and calls[visit.code] == 1]
    return [one for one in found if one is not None]


def rows_of(one: Cuttable, functions: Sequence[Cuttable], depth: int) -> Iterator[Row]:
    """Give the lines of a function, and below each those of the functions that it calls."""
    for number, line in enumerate(one.lines):
        called = [
            inner
            for inner in functions
            if inner.visit.caller is one.visit and line.first <= inner.visit.caller_line <= line.last
        ]
        after = [place(one, number + 1), *(place(inner, 0) for inner in called)]
        before = [place(one, number), *(GUARDED for _ in called)]
        yield Row(depth, one.name, line.text, after, before, is_call=bool(called))
        for inner in called:
            yield from rows_of(inner, functions, depth + 1)
    yield Row(depth, one.name, "", is_rest=True)


def place(one: Cuttable, lines: int) -> str:
    """Name the request whose function ends after so many lines; after all of them it is the whole."""
    return GUARDED if lines == len(one.lines) else f"{one.name} {lines}"


def cut_block(request: Callable[[], object], one: Cuttable, lines: int) -> float:
    """Nanoseconds of a request while a function is cut short."""
    one.cut(lines)
    try:
        return block(request)
    finally:
        one.cut(len(one.lines))


def block(request: Callable[[], object]) -> float:
    for _ in range(WARM_UP):
        request()
    return Timer(request, timer=clock).timeit(REPEATS) / REPEATS * 1e9


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    if not parser.parse_args().one:
        return show()
    print(json.dumps({name: asdict(measure(edge())) for name, edge in EDGES.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
