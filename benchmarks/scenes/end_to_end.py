"""End to end: throughput, latency and processor time on the servers that people deploy with.

What is measured stands in `_end_to_end_cases.py`, how in `_end_to_end_running.py`, what a server serves
in `_end_to_end_served.py`. What each peer checks is in the table of `benchmarks/peers/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bearerguard.bench.figures import STEADY, Interval, is_steady, ratio
from bearerguard.bench.load import NO_WRK, find_wrk
from benchmarks.rows import number
from benchmarks.scenes._end_to_end_cases import (
    AGAIN,
    BAR_SERVERS,
    BARE,
    FLOOR,
    OURS,
    Case,
    cases_of,
    least_name,
)
from benchmarks.scenes._end_to_end_running import Found, Sample, measure_case
from benchmarks.suite import Bar, Budget, Measurement, Run

TITLE = "End to end, over loopback"
EXPLAINS = """
What a client sees of a guard. wrk sends requests over loopback from one processor, each with a good
token, the same one always; the server runs on another processor, one worker with its defaults (and
eight threads with gunicorn gthread), on asyncio's own event loop where there is one. All servers of a
case run at the same time and get load in turn, one second each, in another order every round; a ratio
is of the same round. There are 64 connections where nothing else is said. Every server is warm: the
token is in the guard's cache, and nothing is asked upstream. The bare application runs twice, as a
control: where it differs from itself by more than 3 percent, the case is measured once more, and where
it does again, its bars are not judged. The floor is the least that any guard must do, written by hand.

Every request is declared to have come over https, at the same cost for all. With every connection busy,
a latency is mostly waiting for the other requests: it follows from the throughput. With gunicorn's sync
worker each request is a connection of its own. Processor time is the server's, its workers and threads
together, for each request.

Starlette's middleware with a dict lets everybody through, with a user or without. The MCP SDK checks
expiry, HTTPBearer with PyJWT a signature (RS256), expiry, audience and issuer, Authlib expiry,
revocation and one scope; beside it stands bearerguard with the same scope asked for. None of them asks
whether the request came over https or the header came once; bearerguard does.
"""

BUDGET = Budget(quick=30, full=610)
OF_BARE_LIMIT = 0.90
OF_FLOOR_LIMIT = 0.95
LEAST_ROUNDS = 14  # fewer say too little of a share to hold it against a bar
THROUGHPUT = "requests/s"
FIRST_TRY = ", a first try, whose control was off"

Figure = tuple[str, str, Callable[[Sample], float]]
"""What is added to the case's name, the unit, and how a sample gives it."""

THROUGHPUT_FIGURE: Figure = ("", THROUGHPUT, lambda sample: sample.load.requests_per_second)
P50: Figure = (", p50", "ms", lambda sample: sample.load.p50_seconds * 1e3)
P99: Figure = (", p99", "ms", lambda sample: sample.load.p99_seconds * 1e3)
CPU: Figure = (", processor time of a request", "µs", lambda sample: sample.cpu_seconds * 1e6)


def measure(run: Run) -> Iterator[Measurement]:
    if find_wrk() is None:
        yield Measurement(case=TITLE, subject=OURS, unit=THROUGHPUT, missing=f"{NO_WRK}.")
        return
    for case in cases_of(run):
        if reason := case.reason_to_skip():
            yield Measurement(case=case.name, subject=OURS, unit=THROUGHPUT, missing=reason)
        elif run.may_begin(case.name):
            found = measure_case(case, run.tell)
            if may_be_judged(case, found) and not is_steady(control_of(found)):
                run.tell(f"{case.name}: once more, since bare/bare was off")
                yield from first_try_of(case, found)
                found = measure_case(case, run.tell)
            yield from measurements_of(case, found)


def may_be_judged(case: Case, found: Found) -> bool:
    samples = found.samples[case.connections[0]]
    return AGAIN in samples and len(samples[AGAIN]) >= LEAST_ROUNDS


def control_of(found: Found) -> Interval:
    """What the bare application reached of itself."""
    (samples,) = found.samples.values()
    again, bare = ([sample.load.requests_per_second for sample in samples[name]] for name in (AGAIN, BARE))
    return ratio(again, bare)


def first_try_of(case: Case, found: Found) -> Iterator[Measurement]:
    """Give the control of a try that did not count, so that everybody sees why it was repeated."""
    for one in measurements_of(case, found):
        if one.case == case.name and one.subject in (BARE, AGAIN):
            yield replace(one, case=case.name + FIRST_TRY, is_drawn=False)


def measurements_of(case: Case, found: Found) -> Iterator[Measurement]:
    """Give the figures of a case, one kind after another; along the axis two kinds, else all four."""
    for suffix, unit, value_of in (
        (THROUGHPUT_FIGURE, P99) if case.is_axis else (THROUGHPUT_FIGURE, P50, P99, CPU)
    ):
        for connections, by_subject in found.samples.items():
            for subject, samples in by_subject.items():
                yield Measurement(
                    case=case.name + suffix,
                    subject=subject,
                    unit=unit,
                    values=tuple(value_of(sample) for sample in samples),
                    versus=None if subject == BARE else BARE,
                    at=connections if case.is_axis else None,
                    axis="connections" if case.is_axis else None,
                    more_is_better=unit == THROUGHPUT,
                    is_drawn=case.is_axis or unit == THROUGHPUT,
                )
    for subject, reason in found.missing.items():
        yield Measurement(case=case.name, subject=subject, unit=THROUGHPUT, missing=reason)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """Hold the guard against the bare application and the floor, where the control says that it counts."""
    for server in BAR_SERVERS:
        case = least_name(server)
        found = {one.subject: one.values for one in measurements if one.case == case and one.values}
        if found:
            yield from _bars_of(case, found)


def _bars_of(case: str, found: dict[str, tuple[float, ...]]) -> Iterator[Bar]:
    for reference, limit in ((BARE, OF_BARE_LIMIT), (FLOOR, OF_FLOOR_LIMIT)):
        share = ratio(found[OURS], found[reference])
        yield Bar(
            text=f"{case}: share of {reference}'s throughput, lower end",
            value=share.low,
            limit=limit,
            is_most=False,
            not_judged=why_not_judged(ratio(found[AGAIN], found[BARE]), len(found[BARE])),
        )


def why_not_judged(control: Interval, rounds: int) -> str | None:
    """Say why a run says nothing about a bar; None where it does."""
    reasons = []
    if rounds < LEAST_ROUNDS:
        reasons.append(f"{rounds} rounds, and it takes {LEAST_ROUNDS}")
    if not is_steady(control):
        low, high = map(number, STEADY)
        reasons.append(f"bare/bare was {number(control.middle)}, and it takes {low} to {high}")
    return "; ".join(reasons) or None
