"""A scene in a process of its own gives the same as one that is called: figures, progress, what it omits."""

from __future__ import annotations

import pytest

from benchmarks.scenes._aside import measure_aside
from benchmarks.suite import Measurement, Run

MODULE = "tests.benchmarks.aside_sample"


def new_run(seconds: float, heard: list[str]) -> Run:
    return Run(quick=True, ends_at=seconds, tell=heard.append, leave_out=heard.append, monotonic=lambda: 0.0)


def test_everything_that_the_process_gives_arrives() -> None:
    """And nothing that it only prints; it has the time that is left here."""
    heard: list[str] = []
    assert [
        Measurement(case="aside", subject="bearerguard", unit="quick", values=(1.0, 2.0), at=3.0, axis="axis")
    ] == list(measure_aside(MODULE, new_run(0.0, heard)))
    assert ["at work", "a second part, since the time was over"] == heard


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError) as raised:
        list(measure_aside(MODULE, new_run(60.0, [])))
    assert str(raised.value).startswith(f"the process of {MODULE} failed:")
    assert str(raised.value).rstrip().endswith("LookupError: no database")
