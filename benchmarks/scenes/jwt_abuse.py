"""Abuse with signed tokens: random key ids, foreign issuers and broken signatures beside good traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bearerguard.bench.figures import ratio
from benchmarks.scenes._aside import measure_aside
from benchmarks.scenes._jwt_floods import FLOODS, RANDOM_KEYS
from benchmarks.scenes._jwt_traffic import ALONE, FETCHES, GOOD, OWN, PER_COOLDOWN, PER_SECOND, name_of
from benchmarks.suite import Bar, Budget, Measurement, Run, undecided

TITLE = "A flood of bad signed tokens beside good ones"
EXPLAINS = """
What good traffic keeps while a stranger sends 1,000 signed tokens a second, each another one, good in
all but one thing: a key id that nobody has, a foreign issuer, or a signature that nobody has made. The
good traffic is 200 tokens of RS256 that the cache knows, one request after another without a pause; it
runs alone and beside each flood, in turn, in the process and on the processor of the guard: on one event
loop (ASGI), or on a thread of its own beside four that send the flood (WSGI). The key set comes over TLS
from a server in a process of its own, which counts how often it is fetched.

A flood takes processor time, and no guard can help that. What good traffic may expect is the full worth
of the rest. So its throughput per core share is its requests per second of the processor time that it got
itself: the time of the thread over every 20 good requests. That falls where a flood makes them dearer,
by pushing their tokens out of the cache, say. Beside it stands what was answered by the clock on the
wall. Unknown keys are looked for at most once in a cooldown, usually 30 seconds and here 0.1, so that
several pass; a stretch of traffic may see as many fetches as cooldowns can begin in it. Every good
request has to pass and every bad one to be refused with 401, or there are no figures.
"""

BUDGET = Budget(quick=5, full=75)
KEPT = 0.90
LEAST_ROUNDS = 14  # of fewer it is not the median that counts, but the whole interval


def measure(run: Run) -> Iterator[Measurement]:
    yield from measure_aside("benchmarks.scenes._jwt_traffic", run)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """At most one fetch a cooldown, none for what is not about a key, and 90 % kept per core share."""
    found = {(one.case, one.subject, one.unit): one.values for one in measurements if one.values}
    for edge in ("ASGI", "WSGI"):
        for flood in FLOODS:
            name = name_of(flood)
            if (f"{edge}, {GOOD}", name, OWN) in found:
                yield _kept(
                    edge, name, found[f"{edge}, {GOOD}", name, OWN], found[f"{edge}, {GOOD}", ALONE, OWN]
                )
                unit = PER_COOLDOWN if flood == RANDOM_KEYS else PER_SECOND
                text = f"{edge}, {name}: {FETCHES}, {unit}, at most"
                most = max(found[f"{edge}, {FETCHES}", name, unit])
                yield Bar(text=text, value=most, limit=1.0 if flood == RANDOM_KEYS else 0.0)


def _kept(edge: str, name: str, beside: Sequence[float], alone: Sequence[float]) -> Bar:
    kept = ratio(beside, alone)
    why = undecided(kept, KEPT, rounds=len(beside), least_rounds=LEAST_ROUNDS)
    text = f"{edge}, {name}: good requests per second of their own processor time, times those alone"
    return Bar(text=text, value=kept.middle, limit=KEPT, is_most=False, not_judged=why)
