"""Who is stampeded: the guard on both edges, and the peers that have introspection; measured in turn."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from bearerguard.bench.applications import least_asgi
from bearerguard.bench.figures import in_turn
from bearerguard.clients.httpx import HttpxClient
from benchmarks.introspection_edges import Guard
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.peers import introspecting
from benchmarks.scenes._stampede_crowds import Crowd, Guarded, asgi_crowd, find_mistakes, wsgi_crowd
from benchmarks.suite import Measurement, Run

OURS = "bearerguard"
DELAY_SECONDS = 0.5
CALLS, SLOWEST, REFUSED = "calls to the endpoint", "times the endpoint's 500 ms", "not let in"
AXIS = "requests at once"
PEOPLE = {"ASGI": (1, 10, 50, 200, 1_000), "WSGI": (1, 10, 50, 200)}  # a threaded server has no more
TRIES, TRIES_OF_MANY = 4, 1  # a peer that makes 1,000 calls takes long for each
MANY = 1_000
QUICK_PEOPLE = {"ASGI": (1, 200), "WSGI": (1, 200)}
LEFT_OUT_WHERE_QUICK = "10, 50 and 1,000 requests at once, in a quick run"

Send = Callable[[int], Crowd]


def case_of(edge: str) -> str:
    return f"{edge}, one new token"


def measure(run: Run) -> Iterator[Measurement]:
    people = QUICK_PEOPLE if run.quick else PEOPLE
    if run.quick:
        run.leave_out(LEFT_OUT_WHERE_QUICK)
    with closing(asyncio.new_event_loop()) as loop, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        endpoint = stack.enter_context(Endpoint())
        subjects = {}
        for edge, open_edge in (("ASGI", open_asgi), ("WSGI", open_wsgi)):
            missing: dict[str, str] = {}
            found = open_edge(endpoint, folder, stack, loop, missing)
            missing |= find_mistakes(found)
            if OURS in missing:
                raise RuntimeError(f"{OURS}, {edge}: {missing[OURS]}")
            subjects[edge] = {name: send for name, send in found.items() if name not in missing}
            for name, reason in missing.items():
                yield Measurement(case=case_of(edge), subject=name, unit=CALLS, missing=reason)
        endpoint.control(delay=DELAY_SECONDS)
        # The largest last, so that it is they that there may be no time for.
        for number, edge in sorted((number, edge) for edge, numbers in people.items() for number in numbers):
            if run.may_begin(f"{edge}, {number:,} requests at once"):
                run.tell(f"{edge}, {number} at once")
                sends = {name: partial(send, number) for name, send in subjects[edge].items()}
                tries = 1 if run.quick else TRIES if number < MANY else TRIES_OF_MANY
                yield from join(edge, number, in_turn(sends, tries))
        endpoint.control(delay=0)


def join(edge: str, number: int, crowds: Mapping[str, Sequence[Crowd]]) -> Iterator[Measurement]:
    figures: dict[str, Callable[[Crowd], float]] = {
        CALLS: lambda crowd: float(crowd.calls),
        SLOWEST: lambda crowd: crowd.slowest_seconds / DELAY_SECONDS,
        REFUSED: lambda crowd: float(crowd.refused),
    }
    for unit, figure in figures.items():
        for name, found in crowds.items():
            values = tuple(figure(crowd) for crowd in found)
            if unit != REFUSED or any(values):
                yield Measurement(
                    case=case_of(edge), subject=name, unit=unit, values=values, at=number, axis=AXIS
                )


def open_asgi(
    endpoint: Endpoint,
    folder: Path,
    stack: ExitStack,
    loop: asyncio.AbstractEventLoop,
    missing: dict[str, str],
) -> dict[str, Send]:
    guard = Guard(endpoint.url, HttpxClient(ca_file=endpoint.ca_file))
    stack.callback(lambda: loop.run_until_complete(guard.server.aclose()))
    guards = {OURS: Guarded(guard.asgi)}
    try:
        app, close = introspecting.fastmcp_app(least_asgi, endpoint)
    except ImportError as error:
        missing[introspecting.FASTMCP] = f"Not installed: {error.name}."
    else:
        stack.callback(lambda: loop.run_until_complete(close()))
        guards[introspecting.FASTMCP] = Guarded(app)
    return {name: partial(asgi_crowd, guarded, endpoint, loop) for name, guarded in guards.items()}


def open_wsgi(
    endpoint: Endpoint,
    folder: Path,
    stack: ExitStack,
    loop: asyncio.AbstractEventLoop,
    missing: dict[str, str],
) -> dict[str, Send]:
    guard = Guard(endpoint.url, HttpxClient(ca_file=endpoint.ca_file))
    stack.callback(guard.server.close)
    guards = {OURS: Guarded(guard.wsgi)}
    peers: dict[str, Callable[[], Guarded]] = {
        introspecting.AUTHLIB: lambda: Guarded(introspecting.authlib_app(endpoint, stack)),
        introspecting.TOOLKIT: lambda: Guarded(introspecting.toolkit_app(endpoint, folder), "/toolkit"),
    }
    for name, build in peers.items():
        try:
            guards[name] = build()
        except ImportError as error:
            missing[name] = f"Not installed: {error.name}."
    return {name: partial(wsgi_crowd, guarded, endpoint) for name, guarded in guards.items()}
