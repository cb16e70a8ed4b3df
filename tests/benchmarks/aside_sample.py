"""A scene of a process of its own: it says something, prints something, and may fail."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.suite import Measurement, Run


def measure(run: Run) -> Iterator[Measurement]:
    run.tell("at work")
    print("a line that a peer has printed")
    unit = "quick" if run.quick else "full"
    yield Measurement(case="aside", subject="bearerguard", unit=unit, values=(1.0, 2.0), at=3.0, axis="axis")
    if not run.may_begin("a second part"):
        return
    raise LookupError("no database")
