"""Measure what good traffic keeps beside a flood of unknown tokens, each of them another.

Requests begin when they are due, whether or not those before them have been answered, on one event
loop (ASGI) or on threads (WSGI); an answer is timed from the moment its request was due. The same good
traffic runs alone first. What it keeps has no bar, but the calls in flight have one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from heapq import merge
from itertools import count
from typing import Any

from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.clients.httpx import HttpxClient
from bearerguard.verifiers.introspection import MAX_IN_FLIGHT
from benchmarks.introspection_edges import Guard
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_shared import Bar, quantile

FLOOD_PER_SECOND = 1_000
WARM_PER_SECOND = 500
NEW_PER_SECOND = 10
WARM_TOKENS = 200
DELAYS_SECONDS = (0.02, 0.2)  # one that the bound has room for, and one that it has none for
THREADS = 128  # of a threaded WSGI server; with fewer than the bound, they are the bound
FRESH = count()

Due = tuple[float, str, str]  # seconds after the beginning, kind, token


class Watched(HttpxClient):
    """Our client, which counts the calls in flight."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.in_flight = self.most_in_flight = 0
        self._counting = threading.Lock()

    def _count(self, step: int) -> None:
        with self._counting:
            self.in_flight += step
            self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def send(self, request: HttpRequest) -> HttpResponse:
        self._count(1)
        try:
            return super().send(request)
        finally:
            self._count(-1)

    async def asend(self, request: HttpRequest) -> HttpResponse:
        self._count(1)
        try:
            return await super().asend(request)
        finally:
            self._count(-1)


@dataclass
class Traffic:
    """What became of one run: the statuses of each kind of request, and how long those of 200 took."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: {k: Counter() for k in KINDS})
    seconds: dict[str, list[float]] = field(default_factory=lambda: {k: [] for k in KINDS})
    most_in_flight: int = 0
    cores: float = 0.0  # of the processor's time, how much of one core this process had

    def note(self, kind: str, status: int, seconds: float) -> None:
        self.statuses[kind][status] += 1
        if status == 200:
            self.seconds[kind].append(seconds)

    def kept(self, kind: str) -> float:
        return self.statuses[kind][200] / max(1, self.statuses[kind].total())


KINDS = ("warm", "new", "flood")


def schedule(seconds: float, *, flood: bool) -> Iterator[Due]:
    def every(kind: str, per_second: int) -> Iterator[Due]:
        for n in range(int(seconds * per_second)):
            yield (n + 0.5) / per_second, kind, token_of(kind, n)

    kinds = [every("warm", WARM_PER_SECOND), every("new", NEW_PER_SECOND)]
    return merge(*kinds, *([every("flood", FLOOD_PER_SECOND)] if flood else []))


def token_of(kind: str, n: int) -> str:
    if kind == "warm":
        return f"good-warm-{n % WARM_TOKENS}"
    return f"{'good-new' if kind == 'new' else 'flood'}-{next(FRESH):050x}"


async def run_asgi(guard: Guard, dues: Iterator[Due]) -> Traffic:
    traffic = Traffic()
    tasks: list[asyncio.Task[None]] = []
    await guard.start_asgi()
    for n in range(WARM_TOKENS):
        assert await guard.ask_asgi(token_of("warm", n)) == 200
    begun = time.perf_counter()

    async def one(due_at: float, kind: str, token: str) -> None:
        status = await guard.ask_asgi(token)
        traffic.note(kind, status, time.perf_counter() - due_at)

    for due, kind, token in dues:
        left_seconds = begun + due - time.perf_counter()
        if left_seconds > 0:  # whatever is late begins at once, as on the many connections of a server
            await asyncio.sleep(left_seconds)
        tasks.append(asyncio.create_task(one(begun + due, kind, token)))
    await asyncio.gather(*tasks)
    await guard.server.aclose()
    return traffic


def run_wsgi(guard: Guard, dues: Iterator[Due]) -> Traffic:
    traffic = Traffic()
    for n in range(WARM_TOKENS):
        assert guard.ask_wsgi(token_of("warm", n)) == 200

    def one(due_at: float, kind: str, token: str) -> None:
        status = guard.ask_wsgi(token)
        traffic.note(kind, status, time.perf_counter() - due_at)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(time.sleep, [0.05] * THREADS))  # each of them begins now, none during the run
        begun = time.perf_counter()
        futures = []
        for due, kind, token in dues:
            left_seconds = begun + due - time.perf_counter()
            if left_seconds > 0:
                time.sleep(left_seconds)
            futures.append(threads.submit(one, begun + due, kind, token))
        for future in futures:
            future.result()
    guard.server.close()
    return traffic


def measure(endpoint: Endpoint, seconds: float) -> list[Bar]:
    good = f"{WARM_PER_SECOND} warm requests and {NEW_PER_SECOND} with new good tokens"
    print(
        f"A flood of {FLOOD_PER_SECOND:,} unknown tokens a second for {seconds:g} s, beside {good} a second\n"
    )
    most = []
    for delay_seconds in DELAYS_SECONDS:
        endpoint.control(delay=delay_seconds)
        for edge in ("ASGI", "WSGI"):
            alone, flooded = (once(endpoint, edge, seconds, flood=flood) for flood in (False, True))
            most.append(flooded.most_in_flight)
            print(f"{edge}, an endpoint of {1e3 * delay_seconds:.0f} ms")
            tell(alone, flooded)
    endpoint.control(delay=0)
    return [Bar("calls in flight in a flood, most", max(most), MAX_IN_FLIGHT)]


def once(endpoint: Endpoint, edge: str, seconds: float, *, flood: bool) -> Traffic:
    http = Watched(ca_file=endpoint.ca_file)
    guard = Guard(endpoint.url, http)
    dues = schedule(seconds, flood=flood)
    begun, used = time.perf_counter(), time.process_time()
    traffic = asyncio.run(run_asgi(guard, dues)) if edge == "ASGI" else run_wsgi(guard, dues)
    traffic.cores = (time.process_time() - used) / (time.perf_counter() - begun)
    traffic.most_in_flight = http.most_in_flight
    return traffic


def tell(alone: Traffic, flooded: Traffic) -> None:
    print(f"  {'':24}{'answered 200':>14}{'p50, ms':>12}{'p99, ms':>12}{'kept':>9}{'p99, times':>13}")
    for kind in ("warm", "new"):
        lines = {"alone": alone, "in the flood": flooded}
        p99 = {}
        for when, traffic in lines.items():
            taken = traffic.seconds[kind] or [float("nan")]  # where none was answered
            p50, p99[when] = (1e3 * quantile(taken, share) for share in (0.5, 0.99))
            line = f"  {f'{kind}, {when}':24}{traffic.kept(kind):14.1%}{p50:12.2f}{p99[when]:12.2f}"
            print(line, end="\n" if when == "alone" else "")
        kept = flooded.kept(kind) / alone.kept(kind)
        print(f"{kept:9.1%}{p99['in the flood'] / p99['alone']:13.1f}")
    statuses = flooded.statuses["flood"]
    assert {401, 503} >= set(statuses)
    answers = f"{statuses[401]:,} times 401, {statuses[503]:,} times 503"
    print(f"  the flood itself: {answers}; {flooded.most_in_flight} calls in flight at most")
    print(
        f"  time of the processor, of one core: {alone.cores:.0%} alone, {flooded.cores:.0%} in the flood\n"
    )
