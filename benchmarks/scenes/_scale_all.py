"""All measurements of the scale scene, one after another; files and starts first, while memory is small."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.scenes._scale_cache import measure_cache
from benchmarks.scenes._scale_start import measure_start
from benchmarks.scenes._scale_store import measure_store
from benchmarks.suite import Measurement, Run

LEFT_OUT_WHERE_QUICK = "files of more than 100,000 tokens and caches of more than 10,000, in a quick run"


def measure(run: Run) -> Iterator[Measurement]:
    if run.quick:
        run.leave_out(LEFT_OUT_WHERE_QUICK)
    yield from measure_start(run)
    yield from measure_store(run)
    yield from measure_cache(run)
