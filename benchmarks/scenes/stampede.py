"""A stampede: many requests bring one new token at the same moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.scenes._aside import measure_aside
from benchmarks.scenes._stampede_subjects import CALLS, OURS, SLOWEST, case_of
from benchmarks.suite import Bar, Budget, Measurement, Run

TITLE = "Many requests at once with one new token"
EXPLAINS = """
From 1 to 1,000 requests begin together and bring one good token that nobody has asked about yet, to an
introspection endpoint that takes 500 ms for each call: tasks of one event loop under ASGI, threads
under WSGI, up to 200 of them, as many as a threaded server may have. Counted are the calls that the
endpoint got, and the time until the last of the requests was answered, in times of the endpoint's 500
ms; where requests were not let in although their token is good, how many. Each try has a token of its
own; the guards take turns, and share one process and one endpoint, over TLS with a private authority.

FastMCP's IntrospectionTokenVerifier has its cache switched on, Authlib's IntrospectTokenValidator the
one method that its documentation has written by hand, both with a pool of connections that has no
bound and keeps them for 30 s. django-oauth-toolkit asks with a new connection for each call, keeps
what it was told in SQLite, and checks a scope as well. Where a guard makes a call for each request, a
good part of the time beyond the 500 ms is TLS with so many connections, at both ends.
"""

BUDGET = Budget(quick=18, full=110)
CROWD = 200
CALLS_LIMIT = 1.0
SLOWEST_LIMIT = 1.2


def measure(run: Run) -> Iterator[Measurement]:
    yield from measure_aside("benchmarks.scenes._stampede_subjects", run)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """One call, and no request that waits much longer than for it; the worst try counts."""
    for edge in ("ASGI", "WSGI"):
        for one in measurements:
            if (one.case, one.subject, one.at) != (case_of(edge), OURS, CROWD):
                continue
            if one.unit == CALLS:
                yield Bar(
                    text=f"{edge}, {CROWD} requests at once: calls", value=max(one.values), limit=CALLS_LIMIT
                )
            elif one.unit == SLOWEST:
                yield Bar(
                    text=f"{edge}, {CROWD} requests at once: the slowest answer, times the endpoint",
                    value=max(one.values),
                    limit=SLOWEST_LIMIT,
                )
