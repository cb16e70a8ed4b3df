"""Measure the cold cases: blocks of requests through the whole middleware, and of bare calls, in turn."""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from bearerguard import AsgiMiddleware, Cached, Decision, ResourceServer, WsgiMiddleware
from bearerguard.bench.applications import least_asgi, least_wsgi
from bearerguard.bench.figures import in_turn, median
from bearerguard.decisions import OnDecision
from benchmarks.incoming import Request, asgi_requests, wsgi_requests
from benchmarks.introspection_shared import RESOURCE
from benchmarks.scenes._cold_cases import CASES, STORE_BLOCK, TOKENS, Case, Cold
from benchmarks.scenes._warm_blocks import clock as thread_clock
from benchmarks.suite import Measurement, Run

OURS, OURS_CACHED = "bearerguard", "bearerguard, in Cached"
UNIT = "µs"
FEW_ENTRIES = 100  # so that no token is still known when it comes again
BLOCKS = 5  # in a round, whose figure is the median of them
LEAST_ROUNDS = 3
CHECKED_BLOCKS = TOKENS // STORE_BLOCK + 1

Loop = asyncio.AbstractEventLoop
Block = Callable[[], float]


def measure(run: Run) -> Iterator[Measurement]:
    if find_spec("sniffio") is None:
        # httpcore looks for it several times a call, through all of sys.path where it is not installed:
        # this ends such a search at once, so that the bare call is not slower than it can be.
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    loop = asyncio.new_event_loop()
    for case in CASES:
        if not run.may_begin(case.name):
            continue
        with tempfile.TemporaryDirectory() as folder, case.open(Path(folder), loop) as cold:
            for edge in ("ASGI", "WSGI"):
                run.tell(f"{case.name}, {edge}")
                yield from measure_edge(case, cold, edge, loop, seconds=run.choose(16, 1))
    loop.close()


def measure_edge(case: Case, cold: Cold, edge: str, loop: Loop, *, seconds: float) -> Iterator[Measurement]:
    guarded = guarded_asgi if edge == "ASGI" else guarded_wsgi
    for caches in (False, True):
        check_cold(guarded(cold, new_server(cold, caches=caches, on_decision=refuse_what_was_known), loop))
    servers = {OURS: new_server(cold, caches=False), OURS_CACHED: new_server(cold, caches=True)}
    blocks = {case.driver: bare_block(cold, edge, loop)}
    blocks |= {name: guarded(cold, server, loop) for name, server in servers.items()}
    taken = take_turns(blocks, seconds)
    for server in servers.values():
        if edge == "ASGI":
            loop.run_until_complete(server.aclose())
        else:
            server.close()
    for subject, values in taken.items():
        yield Measurement(
            case=f"{case.name}, {edge}",
            subject=subject,
            unit=UNIT,
            values=tuple(1e6 * value for value in values),
            versus=None if subject == case.driver else case.driver,
        )


def new_server(cold: Cold, *, caches: bool, on_decision: OnDecision | None = None) -> ResourceServer:
    verifier = Cached(cold.verifier, max_entries=FEW_ENTRIES) if caches else cold.verifier
    return ResourceServer(resource=RESOURCE, realm="example", verifier=verifier, on_decision=on_decision)


def check_cold(block: Block) -> None:
    """Let every token of a case come, and the first of them once more, to a guard that looks."""
    for _ in range(CHECKED_BLOCKS):
        block()


def refuse_what_was_known(decision: Decision) -> None:
    """Raise where a request was not cold; not in what is measured, since the call takes time too."""
    if decision.cached:
        raise AssertionError("a token was known already, so its request was not cold")


def take_turns(blocks: dict[str, Block], seconds: float) -> dict[str, list[float]]:
    """Give a figure for each round, after a round that only warms what can be warm."""
    in_turn(blocks, BLOCKS)
    gc.collect()
    gc.freeze()
    begun = time.perf_counter()
    in_turn(blocks, BLOCKS)
    rounds = max(LEAST_ROUNDS, int(seconds / (time.perf_counter() - begun)))
    taken = in_turn(blocks, rounds * BLOCKS)
    gc.unfreeze()
    return {
        name: [median(values[n : n + BLOCKS]) for n in range(0, len(values), BLOCKS)]
        for name, values in taken.items()
    }


def bare_block(cold: Cold, edge: str, loop: Loop) -> Block:
    clock, bare, abare = clock_of(cold), cold.bare, cold.abare

    def block() -> float:
        tokens = list(islice(cold.tokens, cold.requests))
        begun = clock()
        for token in tokens:
            bare(token)
        return (clock() - begun) / len(tokens)

    async def ablock() -> float:
        assert abare is not None
        tokens = list(islice(cold.tokens, cold.requests))
        begun = clock()
        for token in tokens:
            await abare(token)
        return (clock() - begun) / len(tokens)

    return block if edge == "WSGI" or abare is None else lambda: loop.run_until_complete(ablock())


def guarded_asgi(cold: Cold, server: ResourceServer, loop: Loop) -> Block:
    app, clock = AsgiMiddleware(least_asgi, server), clock_of(cold)
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def block(requests: list[Request]) -> float:
        begun = clock()
        for scope, _ in requests:
            await app(scope, receive, send)
        return clock() - begun

    def measured() -> float:
        requests = asgi_requests(list(islice(cold.tokens, cold.requests)))
        statuses.clear()
        seconds = loop.run_until_complete(block(requests))
        assert statuses == [200] * len(requests), statuses
        return seconds / len(requests)

    return measured


def guarded_wsgi(cold: Cold, server: ResourceServer, loop: Loop) -> Block:
    app, clock = WsgiMiddleware(least_wsgi, server), clock_of(cold)
    statuses: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(status)

    def measured() -> float:
        requests = wsgi_requests(list(islice(cold.tokens, cold.requests)))
        statuses.clear()
        begun = clock()
        for environ, _ in requests:
            list(app(environ, start_response))
        seconds = clock() - begun
        assert statuses == ["200 OK"] * len(requests), statuses
        return seconds / len(requests)

    return measured


def clock_of(cold: Cold) -> Callable[[], float]:
    return time.perf_counter if cold.waits else thread_clock
