"""Say what got dearer, and who pays for it: what a failing test of this directory prints."""

from __future__ import annotations

from collections.abc import Mapping

from tests.perf.counting import Calls

RULE = "A pin changes only on purpose, and the commit says what it buys: tests/perf/test_calls.py says how."


def difference(name: str, pinned: Mapping[str, int], calls: Calls) -> str:
    """Compare a request with its pins, in lines; the dearer calls with their callers."""
    dearer, cheaper = [], []
    for function in {**pinned, **calls.counts}:
        before, after = pinned.get(function, 0), calls.counts[function]
        line = f"{function}: {before} pinned, {after} counted"
        if after > before:
            dearer.append(f"  dearer   {line}, by {_callers(calls, function)}")
        elif after < before:
            cheaper.append(f"  cheaper  {line}")
    total = f"{sum(pinned.values())} calls pinned, {sum(calls.counts.values())} counted"
    return "\n".join([f"{name}: {total}", *dearer, *cheaper, RULE])


def _callers(calls: Calls, function: str) -> str:
    return ", ".join(
        caller if times == 1 else f"{caller} ({times})" for caller, times in calls.callers[function].items()
    )


def as_literal(calls: Calls) -> str:
    """Write a request's table as it stands among the pins."""
    lines = [f'    "{function}": {times},' for function, times in calls.counts.items()]
    return "\n".join(["{", *lines, "}"])
