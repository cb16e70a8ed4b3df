"""Abuse: a flood of tokens that nobody has issued, beside good traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bearerguard.bench.figures import median
from bearerguard.verifiers.introspection import MAX_IN_FLIGHT
from benchmarks.introspection_soak import RSS_GROWTH_MIB
from benchmarks.scenes._abuse_floods import FLOODS
from benchmarks.scenes._abuse_traffic import (
    ALONE,
    CALLS,
    GROWN_MORE,
    IN_FLIGHT,
    MEMORY,
    UPSTREAM,
    name_of,
)
from benchmarks.scenes._aside import measure_aside
from benchmarks.suite import Bar, Budget, Measurement, Run

TITLE = "A flood of unknown tokens beside good traffic"
EXPLAINS = """
What good traffic keeps while a stranger sends 1,000 requests a second, each with another token that
nobody has issued: opaque ones, ones with the prefix of our own tokens and a bad checksum, and ones that
look like a JWT. The good traffic is 500 requests a second with 200 tokens that the cache knows, and 10
with tokens that are good and new; it runs alone and beside each flood, in turn. The guard looks into
its own SQLite store first and asks an introspection endpoint about the rest, which takes 100 ms, over
TLS and in a process of its own: at most 64 calls at once, so 640 a second, and what finds no room is
answered 503 at once. Requests begin when they are due, whether or not those before them were answered,
as tasks of an event loop (ASGI) or on 128 threads (WSGI), in the process and on the processor of the
guard; an answer is timed from when its request was due, and is in time within a second.

Memory is looked at apart from that: unknown tokens one after another, with an endpoint that answers
at once, until every cache is full, and then as many as the run has time for.
"""

BUDGET = Budget(quick=20, full=150)
MISTYPED = name_of("own prefix, bad checksum")
CALLS_LIMIT = 1.05  # times the calls of the good traffic alone: none of the flood's


def measure(run: Run) -> Iterator[Measurement]:
    yield from measure_aside("benchmarks.scenes._abuse_traffic", run)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """No call for a token whose checksum is wrong, no more than the bound at once, and nothing that grows."""
    found = {(one.case, one.subject, one.unit): one.values for one in measurements if one.values}
    for edge in ("ASGI", "WSGI"):
        case = f"{edge}, {UPSTREAM}"
        if (case, MISTYPED, CALLS) in found:
            times = median(found[case, MISTYPED, CALLS]) / median(found[case, ALONE, CALLS])
            yield Bar(
                text=f"{edge}, {MISTYPED}: calls, times the good traffic's", value=times, limit=CALLS_LIMIT
            )
    for (case, subject, unit), values in found.items():
        if unit == IN_FLIGHT and subject != ALONE:
            yield Bar(text=f"{case}, {subject}: at once", value=max(values), limit=MAX_IN_FLIGHT)
    for flood in FLOODS:
        if (MEMORY, flood, GROWN_MORE) in found:
            yield Bar(
                text=f"{MEMORY}, {flood}: MiB more when all is full",
                value=max(found[MEMORY, flood, GROWN_MORE]),
                limit=RSS_GROWTH_MIB,
            )
