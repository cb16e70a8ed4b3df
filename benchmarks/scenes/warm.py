"""The warm path in process: what a guard adds to a request whose token it knows already.

What each peer checks, and what it leaves out, is in the table of `benchmarks/peers/__init__.py`; what
the floor does, in `benchmarks/floor.py`. Every case is measured in several processes, in small
alternating blocks (see `_warm_blocks.py`); a value is one process's median.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bearerguard.bench.figures import median, ratio
from benchmarks.peers import AUTHLIB, FASTMCP, MCP_SDK, PYJWT, TOOLKIT_DECORATOR, TOOLKIT_MIDDLEWARE
from benchmarks.scenes import _warm_signed
from benchmarks.scenes._warm_cases import BARE, FLOOR, OURS
from benchmarks.scenes._warm_frameworks import OURS_WITH_SCOPE
from benchmarks.scenes._warm_memory import bytes_per_token
from benchmarks.scenes._warm_processes import FRAMEWORKS, RAW, SIGNED, Found, measure_in_processes
from benchmarks.suite import Bar, Budget, Measurement, Run, undecided

TITLE = "A warm request, in process"
EXPLAINS = """
What a guard adds to a request whose token it knows already: nothing is asked, read or waited for. No
server and no network, only the application being called; the figure of `bare` is a whole request of
the application without protection, every other figure is what its guard adds to that, in processor
time of the thread. Without a framework the reference is the floor, the least that any guard must do,
written by hand: https, the token's grammar, its digest, a locked LRU cache, the expiry, the facts
attached; where a route asks for a scope, or the token is in the query string or a form, a floor that
does that too. In a framework the reference is the same route without protection, and bearerguard
stands around that same application.

A JWT of about 675 bytes, which the cache has verified once, is measured beside opaque tokens in the
same rounds. It may cost at most 1.10 times as much as one of our usual 52 characters once the longer
hash is taken off: that is the difference of two applications without protection which only hash the one
or the other before they answer. What else a longer token costs, such as the look at its grammar, is not
taken off there. An opaque token that is as long costs all of that too, and is held against it as well.

The subjects take turns in small blocks, in several processes one after another; a round is a process.
Starlette's middleware with a dict and the middleware of django-oauth-toolkit check less than the rest:
they let everybody through, with a user or without. The MCP SDK and FastMCP check expiry and scopes,
HTTPBearer with PyJWT a signature (RS256), expiry, audience and issuer, Authlib expiry, revocation and
scopes from a dict, django-oauth-toolkit expiry, scopes and audience from SQLite with the connection
kept open. None of them asks whether the request came over https, whether the header came once or how
long the token is; bearerguard does.
"""

BUDGET = Budget(quick=25, full=255)
FLOOR_LIMIT = 2.0
LEAST_PROCESSES = 5  # of fewer it is not the median that counts, but the whole interval
# What a peer that checks at least as much is held against: bearerguard where it checks the same.
RIVALS = {
    MCP_SDK: OURS,
    FASTMCP: OURS,
    PYJWT: OURS,
    AUTHLIB: OURS_WITH_SCOPE,
    TOOLKIT_DECORATOR: OURS_WITH_SCOPE,
    TOOLKIT_MIDDLEWARE: OURS,
}
UNIT = "µs"
MEMORY = "one more token in the cache"


def measure(run: Run) -> Iterator[Measurement]:
    processes = run.choose(7, 2)
    seconds = run.choose(150, 8) / 100
    groups = (*RAW, SIGNED, *FRAMEWORKS)
    begin = measure_in_processes(groups, processes, seconds=seconds, peers=True, tell=run.tell)
    rounds = [next(begin)]
    while len(rounds) < processes and run.may_begin(f"{processes - len(rounds)} of {processes} processes"):
        rounds.append(next(begin))
    yield from join(rounds)
    run.tell("memory")
    yield Measurement(case=MEMORY, subject=OURS, unit="bytes", values=(bytes_per_token(),))


def join(rounds: Sequence[Found]) -> Iterator[Measurement]:
    """Make measurements of what each round of processes found."""
    for case in rounds[0]:
        figures = [one[case]["figures"] for one in rounds]
        missing = {name: reason for one in rounds for name, reason in one[case]["missing"].items()}
        reference = FLOOR if FLOOR in figures[0] else BARE
        for subject in (name for name in figures[0] if name not in missing):
            yield Measurement(
                case=case,
                subject=subject,
                unit=UNIT,
                values=tuple(one[subject] for one in figures),
                versus=None if subject in (BARE, reference) else reference,
            )
        for subject, reason in missing.items():
            yield Measurement(case=case, subject=subject, unit=UNIT, missing=reason)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """At most 2.0 times the floor, and cheaper than every peer that checks at least as much."""
    found = {(one.case, one.subject): one.values for one in measurements if one.values}
    for (case, subject), values in found.items():
        if subject == OURS and (case, FLOOR) in found:
            times = ratio(values, found[case, FLOOR])
            why = undecided(times, FLOOR_LIMIT, rounds=len(values), least_rounds=LEAST_PROCESSES)
            yield Bar(text=f"{case}: times the floor", value=times.middle, limit=FLOOR_LIMIT, not_judged=why)
    for (case, subject), values in found.items():
        if subject in RIVALS:
            ours = found[case, RIVALS[subject]]
            yield Bar(text=f"{case}: times {subject}", value=median(ours) / median(values), limit=1.0)
    yield from _warm_signed.bars(found, least_rounds=LEAST_PROCESSES)
