"""Measure what a 503 costs while the endpoint is left alone, beside a warm hit.

    python -m benchmarks.introspection_outage [--processes 5] [--seconds 3]

Every process measures both in small alternating blocks, through the whole middleware around an
application that answers at once: time of the processor, since nothing is waited for. The figure is the
median block; of those, the median process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from operator import getitem
from typing import Any

from bearerguard.breaker import FAILURES, LONGEST_PAUSE_SECONDS
from bearerguard.clients import HttpRequest, HttpResponse, Unreachable
from benchmarks.incoming import asgi_scopes, wsgi_environs
from benchmarks.introspection_edges import Guard, status_of_asgi, status_of_wsgi
from benchmarks.introspection_shared import ROOT, Bar

LIMIT = 3.0
TOKENS = 2_000
BLOCK = 100
MAX_AGE_SECONDS = 60.0
ACTIVE = b'{"active":true,"sub":"alice","client_id":"app","scope":"tag rating","token_type":"Bearer"}'
URL = "https://as.example.org/introspect"
FRESH = count()


class Switch:
    """A client whose endpoint can be switched off: neither thing that is measured makes a call."""

    is_up = True

    def send(self, request: HttpRequest) -> HttpResponse:
        if not self.is_up:
            raise Unreachable("it is switched off")
        return HttpResponse(status=200, fields={"content-type": "application/json"}, content=ACTIVE)

    async def asend(self, request: HttpRequest) -> HttpResponse:
        return self.send(request)

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def in_outage() -> tuple[Guard, list[str], list[str]]:
    """A guard whose endpoint is left alone for as long as ever, the tokens it knows, and those it knew."""
    # A clock that stands still until it is moved, and costs what the monotonic one costs.
    clock, switch = [0.0], Switch()
    guard = Guard(URL, switch, monotonic=partial(getitem, clock, 0), max_age_seconds=MAX_AGE_SECONDS)
    aged = [f"aged-{n:060x}" for n in range(TOKENS)]
    warm = [f"warm-{n:060x}" for n in range(TOKENS)]
    assert {200} == {guard.ask_wsgi(token) for token in aged}
    clock[0] += MAX_AGE_SECONDS
    assert {200} == {guard.ask_wsgi(token) for token in warm}
    switch.is_up = False
    pause_seconds = 1.0
    for n in range(FAILURES):
        assert guard.ask_wsgi(f"lost-{n}") == 503
    while pause_seconds < LONGEST_PAUSE_SECONDS:
        clock[0] += pause_seconds  # the probe fails, and the pause doubles
        pause_seconds *= 2
        assert guard.ask_wsgi(f"probe-{pause_seconds}") == 503
    return guard, warm, aged


async def asgi_block(app: Any, scopes: list[dict[str, Any]]) -> float:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    begun = time.thread_time()
    for scope in scopes:
        await app(scope, receive, send)
    return (time.thread_time() - begun) / len(scopes)


def wsgi_block(app: Any, environs: list[dict[str, Any]]) -> float:
    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        pass

    begun = time.thread_time()
    for environ in environs:
        app(environ, start_response)
    return (time.thread_time() - begun) / len(environs)


def one_process(seconds: float) -> dict[str, dict[str, float]]:
    """Measure everything in turn; microseconds a request, the median of the blocks."""
    results = {}
    loop = asyncio.new_event_loop()
    guard, warm, aged = in_outage()

    def run_asgi(tokens: list[str]) -> float:
        return loop.run_until_complete(asgi_block(guard.asgi, asgi_scopes(tokens)))

    def run_wsgi(tokens: list[str]) -> float:
        return wsgi_block(guard.wsgi, wsgi_environs(tokens))

    def ask_asgi(token: str) -> int:
        return loop.run_until_complete(status_of_asgi(guard.asgi, asgi_scopes([token])[0]))

    def ask_wsgi(token: str) -> int:
        return status_of_wsgi(guard.wsgi, wsgi_environs([token])[0])

    for name, run, ask in (("ASGI", run_asgi, ask_asgi), ("WSGI", run_wsgi, ask_wsgi)):
        assert [ask(warm[0]), ask(aged[0]), ask(new_tokens(1)[0])] == [200, 503, 503]
        results[name] = in_turn(run, warm, aged, seconds / 3)
        assert [ask(warm[0]), ask(aged[0]), ask(new_tokens(1)[0])] == [200, 503, 503]  # the pause still lasts
    with open(os.devnull, "w") as nowhere:
        handler = logging.StreamHandler(nowhere)
        logging.basicConfig(level=logging.INFO, handlers=[handler])
        for name, run in (("ASGI, log at INFO", run_asgi), ("WSGI, log at INFO", run_wsgi)):
            results[name] = in_turn(run, warm, aged, seconds / 6)
        logging.getLogger().removeHandler(handler)
    loop.close()
    return results


def new_tokens(number: int) -> list[str]:
    return [f"new-{next(FRESH):060x}" for _ in range(number)]


def in_turn(
    run: Callable[[list[str]], float], warm: list[str], aged: list[str], seconds: float
) -> dict[str, float]:
    taken: dict[str, list[float]] = {"warm": [], "new": [], "aged": []}
    n, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        block = {"warm": warm[n : n + BLOCK], "new": new_tokens(BLOCK), "aged": aged[n : n + BLOCK]}
        for name in random.sample(list(block), len(block)):
            taken[name].append(run(block[name]))
        n = (n + BLOCK) % TOKENS
    return {name: statistics.median(blocks) * 1e6 for name, blocks in taken.items()}


def measure(processes: int, seconds: float) -> list[Bar]:
    command = [sys.executable, "-m", "benchmarks.introspection_outage", "--one", "--seconds", str(seconds)]
    runs = [
        json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
        for _ in range(processes)
    ]
    print(f"A 503 while the endpoint is left alone, beside a warm hit: µs, median of {processes} processes\n")
    print(
        f"{'':20}{'warm hit':>10}{'503, new token':>18}{'503, past its age':>20}{'ratio, new':>14}{'aged':>7}"
    )
    bars = []
    for scene in runs[0]:
        warm, new, aged = (
            statistics.median(run[scene][name] for run in runs) for name in ("warm", "new", "aged")
        )
        ratios = [
            statistics.median(run[scene][name] / run[scene]["warm"] for run in runs)
            for name in ("new", "aged")
        ]
        print(f"{scene:20}{warm:10.2f}{new:18.2f}{aged:20.2f}{ratios[0]:14.2f}{ratios[1]:7.2f}")
        if "log" not in scene:
            bars.append(Bar(f"a 503 in an outage, times a warm hit, {scene}", max(ratios), LIMIT))
    print()
    return bars


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=5, help="how many, one after another")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each process")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(one_process(arguments.seconds)))
        return 0
    bars = measure(arguments.processes, arguments.seconds)
    print(*bars, sep="\n")
    return 0 if all(bar.holds for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
