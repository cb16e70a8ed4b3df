"""The cold path: what a request costs whose token nobody in this process knows yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bearerguard.bench.figures import ratio
from benchmarks.scenes._aside import measure_aside
from benchmarks.scenes._cold_blocks import OURS_CACHED
from benchmarks.scenes._cold_cases import CASES
from benchmarks.suite import Bar, Budget, Measurement, Run, undecided

TITLE = "A request with a token that is not in the cache"
EXPLAINS = """
Each verifier and store, beside the bare call of the driver that it stands on: the least that anybody
pays who asks for the token there. Ours is the whole request through the middleware and a least
application behind it, once with the verifier alone and once in a cache that knows none of the tokens,
so that each request misses it and fills it; that none is answered from the cache is looked after beforehand.

Two stores are measured in processor time of the thread: a dict in memory, and a point read of SQLite
in the same file, from a file that the system holds in memory. Each bare call begins with the SHA-256
of the token, by which both are asked. Introspection is measured by the clock on the wall, from one
process to another over TLS: an endpoint that answers at once, a connection that stays open, and a new
token for every call. There the bare call is one of the HTTP package that the guard uses too, with the
connections of its own client, and the answer's JSON read.
"""

BUDGET = Budget(quick=16, full=140)
LEAST_ROUNDS = 14  # of fewer it is not the median that counts, but the whole interval


def measure(run: Run) -> Iterator[Measurement]:
    yield from measure_aside("benchmarks.scenes._cold_blocks", run)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """What is promised of a case, in times of its driver's bare call."""
    found = {(one.case, one.subject): one.values for one in measurements}
    promised = {
        f"{case.name}, {edge}": (case.driver, case.limit)
        for case in CASES
        for edge in ("ASGI", "WSGI")
        if case.limit is not None
    }
    for name, (driver, limit) in promised.items():
        if (name, OURS_CACHED) in found:
            values = found[name, OURS_CACHED]
            times = ratio(values, found[name, driver])
            yield Bar(
                text=f"{name}: a first miss, times {driver}",
                value=times.middle,
                limit=limit,
                not_judged=undecided(times, limit, rounds=len(values), least_rounds=LEAST_ROUNDS),
            )
