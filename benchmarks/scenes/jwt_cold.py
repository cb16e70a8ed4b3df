"""Signed tokens, cold: what it costs to verify one that nobody in this process has seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bearerguard.bench.figures import ratio
from benchmarks.scenes._aside import measure_aside
from benchmarks.scenes._jwt_cold_blocks import JOSERFC, VERIFIER
from benchmarks.signed import MAKERS
from benchmarks.suite import Bar, Budget, Measurement, Run, undecided

TITLE = "A signed token that is not in the cache"
EXPLAINS = """
What it costs to verify an access token as RFC 9068 has it, of 675 bytes under RS256, by a key that is
there: in processor time of the thread, without any cache. The reference is the bare call of joserfc, the
library that does the verification for us too: `jws.deserialize_compact` with an imported key, then
`json.loads`, so the signature is verified and the claims are parsed, and nothing is asked of them. (Its
`jwt.decode` does the same and costs a little more, so it is not held against us.) PyJWT's `decode` looks
at expiry, audience and issuer as well. Our verifier does all that RFC 9068 and RFC 8725 ask for: the
grammar of each segment, JSON without repeated members, type, algorithm, issuer, audience, times,
required claims, and the key's agreement; it is the one that is held against the limit. Beside it stands
a whole request through the middleware, uncached.
"""

BUDGET = Budget(quick=5, full=45)
LIMIT = 1.5
LEAST_ROUNDS = 14  # of fewer it is not the median that counts, but the whole interval


def measure(run: Run) -> Iterator[Measurement]:
    yield from measure_aside("benchmarks.scenes._jwt_cold_blocks", run)


def bars(measurements: Sequence[Measurement]) -> Iterator[Bar]:
    """At most 1.5 times joserfc's bare verification of the same token."""
    found = {(one.case, one.subject): one.values for one in measurements}
    for algorithm in MAKERS:
        if (algorithm, VERIFIER) in found:
            values = found[algorithm, VERIFIER]
            times = ratio(values, found[algorithm, JOSERFC])
            yield Bar(
                text=f"{algorithm}: {VERIFIER}, times {JOSERFC}'s bare verification",
                value=times.middle,
                limit=LIMIT,
                not_judged=undecided(times, LIMIT, rounds=len(values), least_rounds=LEAST_ROUNDS),
            )
