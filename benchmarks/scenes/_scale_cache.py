"""Caches of several sizes, all of them full at once: what a warm request takes, and what a token takes up."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from bearerguard import AccessToken, Cached, FromFunction, ResourceServer, WsgiMiddleware
from bearerguard.bench.applications import least_wsgi
from bearerguard.bench.figures import in_turn
from benchmarks.incoming import wsgi_requests
from benchmarks.introspection_shared import RESOURCE
from benchmarks.introspection_soak import Look
from benchmarks.scenes._warm_blocks import wsgi_block
from benchmarks.suite import Measurement, Run

OURS = "bearerguard"
HIT, MEMORY = "a warm request", "what a token in the cache takes up"
AXIS = "tokens in the cache"
TIMES_THE_SMALLEST = "times the smallest"
FOREVER_SECONDS = 100_000.0  # longer than any measurement
LEAST_MEASURED = 100_000  # tokens, in memory: fewer are lost in what the process holds free
LEAST_MEASURED_WHERE_QUICK = 10_000
REQUESTS = 500  # in a block, with as many tokens
SCOPES = frozenset({"tag", "rating"})


class Filled:
    """An application behind a cache that knows `size` tokens, and the bytes that it took to fill it."""

    def __init__(self, size: int) -> None:
        numbers = count()

        def facts(token: str) -> AccessToken:
            subject = f"user{next(numbers)}"
            return AccessToken(subject=subject, client_id="app", scopes=SCOPES, expires_at=4_102_444_800.0)

        self.size = size
        cached = Cached(FromFunction(facts), max_entries=size, max_age_seconds=FOREVER_SECONDS)
        server = ResourceServer(resource=RESOURCE, realm="example", verifier=cached)
        self.app = WsgiMiddleware(least_wsgi, server)
        self.asked = numbers
        before = resident_bytes()
        self.fill()
        self.bytes_per_token = (resident_bytes() - before) / size

    def token(self, number: int) -> str:
        return f"{self.size:08x}{number:056x}"

    def fill(self) -> None:
        ((environ, _),) = wsgi_requests([self.token(0)])
        statuses: set[str] = set()

        def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
            statuses.add(status)

        for number in range(self.size):
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token(number)}"
            self.app(dict(environ), start_response)
        assert statuses == {"200 OK"}, statuses

    def hits(self, drawing: random.Random) -> float:
        """Microseconds of a request, with tokens from anywhere in the cache."""
        tokens = [self.token(drawing.randrange(self.size)) for _ in range(REQUESTS)]
        return 1e6 * wsgi_block(self.app, wsgi_requests(tokens))


def resident_bytes() -> float:
    gc.collect()
    return Look.now().rss_mib * 2**20


def measure_cache(run: Run) -> Iterator[Measurement]:
    sizes = [10**power for power in range(3, run.choose(6, 4) + 1)]
    drawing = random.Random(7662)  # noqa: S311 - which tokens come, no secret
    Filled(sizes[0])  # so that no figure has the first request in it
    filled = []
    for size in sizes:
        if run.may_begin(f"a cache of {size:,} tokens"):
            run.tell(f"a cache of {size:,} tokens")
            filled.append(Filled(size))
    if not filled:
        return
    gc.freeze()
    blocks = {one.size: partial(one.hits, drawing) for one in filled}
    in_turn({str(size): block for size, block in blocks.items()}, 3)
    taken = in_turn({str(size): block for size, block in blocks.items()}, run.choose(100, 25))
    gc.unfreeze()
    for one in filled:
        assert next(one.asked) == one.size, "a token had to be asked about, so it was not warm"
    yield from beside_the_smallest(taken)
    for one in filled:
        if one.size >= run.choose(LEAST_MEASURED, LEAST_MEASURED_WHERE_QUICK):
            values = (one.bytes_per_token,)
            yield Measurement(case=MEMORY, subject=OURS, unit="bytes", values=values, at=one.size, axis=AXIS)


def beside_the_smallest(taken: dict[str, list[float]]) -> Iterator[Measurement]:
    """Give each size as a figure, and in times of the smallest in the same round."""
    smallest = taken[min(taken, key=int)]
    for size, values in taken.items():
        times = tuple(value / least for value, least in zip(values, smallest, strict=True))
        measured = partial(Measurement, case=HIT, subject=OURS, at=float(size), axis=AXIS)
        yield measured(unit=TIMES_THE_SMALLEST, values=times, is_drawn=False)
        yield measured(unit="µs", values=tuple(values))
