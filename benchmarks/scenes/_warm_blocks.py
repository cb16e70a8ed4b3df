"""Measure the subjects of a case in small alternating blocks, in this process.

What is measured is this thread's processor time: nothing here waits, and another program's turn on
the processor is not the guard's doing.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import cycle
from typing import Any

from bearerguard.bench.figures import in_turn, median
from benchmarks.incoming import Request
from benchmarks.scenes._warm_cases import BARE, Case, Subject

# Windows counts a thread's time in steps that are longer than a block.
clock = time.perf_counter if sys.platform == "win32" else time.thread_time

LEAST_ROUNDS = 5
RAISED = 0  # where a floor refuses

Figures = dict[str, float]


async def asgi_block(app: Any, requests: Sequence[Request]) -> float:
    """Send requests one after another; seconds for each."""
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        pass

    begun = clock()
    for scope, body in requests:  # noqa: B007 - `receive` gives it
        await app(dict(scope), receive, send)
    return (clock() - begun) / len(requests)


def wsgi_block(app: Any, requests: Sequence[Request]) -> float:
    """Send requests one after another, and read and close the answers; seconds for each."""

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        pass

    begun = clock()
    for environ, body in requests:
        answer = app({**environ, "wsgi.input": BytesIO(body)}, start_response)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()
    return (clock() - begun) / len(requests)


def measure(case: Case, seconds: float, loop: asyncio.AbstractEventLoop) -> Figures:
    """Microseconds for each request of `bare`, and what each other subject adds to them."""
    for name in list(case.subjects):
        if mistake := _find_mistake(case, name, loop):
            case.give_up(name, mistake)
    blocks = {name: _block(case, subject, loop) for name, subject in case.subjects.items()}
    for name, subject in case.subjects.items():  # fill the caches, warm the interpreter
        for _ in range(0, len(subject.traffic.requests), case.block):
            blocks[name]()
    gc.collect()
    gc.freeze()  # what a peer has imported is not to be looked through again and again
    begun = time.perf_counter()
    in_turn(blocks, 1)
    rounds = max(LEAST_ROUNDS, int(seconds / (time.perf_counter() - begun)))
    taken = in_turn(blocks, rounds)
    added = {
        name: median(_differences(values, taken[BARE])) for name, values in taken.items() if name != BARE
    }
    return {name: value * 1e6 for name, value in {BARE: median(taken[BARE]), **added}.items()}


def _differences(values: Sequence[float], references: Sequence[float]) -> list[float]:
    return [value - reference for value, reference in zip(values, references, strict=True)]


def _block(case: Case, subject: Subject, loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Give a function that measures the next block of a subject's requests."""
    requests = subject.traffic.requests
    parts = cycle([requests[n : n + case.block] for n in range(0, len(requests), case.block)])
    if case.edge == "wsgi":
        return lambda: wsgi_block(subject.app, next(parts))
    return lambda: loop.run_until_complete(asgi_block(subject.app, next(parts)))


def _find_mistake(case: Case, name: str, loop: asyncio.AbstractEventLoop) -> str | None:
    """Say what is wrong with a subject: it must let a good token through, and no other where it refuses."""
    subject = case.subjects[name]
    status = status_of(case.edge, subject.app, subject.traffic.requests[0], loop)
    if status != 200:
        return f"It answers {status} to a good token."
    status = status_of(case.edge, subject.app, subject.traffic.stranger, loop)
    return f"It answers {status} to a stranger's token." if (status == 200) is subject.refuses else None


def status_of(edge: str, app: Any, request: Request, loop: asyncio.AbstractEventLoop) -> int:
    """Send one request; the status of its answer, or RAISED."""
    statuses = []
    parameters, body = request

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(int(status[:3]))

    try:
        if edge == "asgi":
            loop.run_until_complete(app(dict(parameters), receive, send))
        else:
            list(app({**parameters, "wsgi.input": BytesIO(body)}, start_response))
    except (KeyError, PermissionError):  # a floor writes no answer
        return RAISED
    return int(statuses[-1])
