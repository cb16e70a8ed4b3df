"""Measure 200 requests that bring one new token at the same moment, to a slow endpoint.

Every try has a token of its own. The median try counts, of each its slowest answer; the worst is shown.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from dataclasses import dataclass

from bearerguard.clients.httpx import HttpxClient
from benchmarks.introspection_edges import Guard
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_shared import Bar

CROWD = 200
DELAY_SECONDS = 0.5
CALLS_LIMIT = 1.0
SLOWEST_LIMIT = 1.2


@dataclass(frozen=True)
class Try:
    """What one crowd met: the calls that it cost, and when the last of it had an answer."""

    calls: int
    slowest_seconds: float


async def ask_asgi(guard: Guard, token: str) -> float:
    """Send all of them at once; seconds until the slowest was answered."""
    begun = time.perf_counter()

    async def one() -> float:
        assert await guard.ask_asgi(token) == 200
        return time.perf_counter() - begun

    return max(await asyncio.gather(*(one() for _ in range(CROWD))))


def ask_wsgi(guard: Guard, token: str) -> float:
    begun: list[float] = []
    ready = threading.Barrier(CROWD, lambda: begun.append(time.perf_counter()))
    ended: list[float] = []

    def one() -> None:
        ready.wait()
        assert guard.ask_wsgi(token) == 200
        ended.append(time.perf_counter())

    threads = [threading.Thread(target=one) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == CROWD
    return max(ended) - begun[0]


async def try_asgi(endpoint: Endpoint, guard: Guard, tries: int) -> list[Try]:
    found = []
    await guard.start_asgi()
    for n in range(tries):
        seconds = await ask_asgi(guard, f"good-asgi-{n}")
        found.append(Try(endpoint.control()["calls"], seconds))
    await guard.server.aclose()
    return found


def try_wsgi(endpoint: Endpoint, guard: Guard, tries: int) -> list[Try]:
    found = []
    for n in range(tries):
        seconds = ask_wsgi(guard, f"good-wsgi-{n}")
        found.append(Try(endpoint.control()["calls"], seconds))
    guard.server.close()
    return found


def measure(endpoint: Endpoint, tries: int) -> list[Bar]:
    print(f"{CROWD} requests at once with one new token, an endpoint of {1e3 * DELAY_SECONDS:.0f} ms\n")
    print(
        f"{'':8}{'tries':>6}{'calls a try, most':>20}{'slowest answer, ms':>21}{'ratio':>8}{'worst try':>12}"
    )
    endpoint.control(delay=DELAY_SECONDS)
    bars = []
    guards = [Guard(endpoint.url, HttpxClient(ca_file=endpoint.ca_file)) for _ in range(2)]
    for edge, found in (
        ("ASGI", asyncio.run(try_asgi(endpoint, guards[0], tries))),
        ("WSGI", try_wsgi(endpoint, guards[1], tries)),
    ):
        calls = max(one.calls for one in found)
        slowest = [one.slowest_seconds for one in found]
        median, worst = statistics.median(slowest), max(slowest)
        ratio = median / DELAY_SECONDS
        print(f"{edge:8}{tries:6}{calls:20}{1e3 * median:21.0f}{ratio:8.2f}{1e3 * worst:12.0f}")
        bars.append(Bar(f"{CROWD} requests with one new token, calls, {edge}", calls, CALLS_LIMIT))
        bars.append(Bar(f"the slowest of them, times the endpoint, {edge}", ratio, SLOWEST_LIMIT))
    endpoint.control(delay=0)
    print()
    return bars
