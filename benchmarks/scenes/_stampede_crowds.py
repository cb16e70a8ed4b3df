"""Send crowds of requests with one new token, all at once, to each guard in turn.

Under ASGI they are tasks of one event loop, under WSGI threads that begin together.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import Any

from benchmarks.incoming import PATH, asgi_requests, wsgi_requests
from benchmarks.introspection_edges import status_of_asgi
from benchmarks.introspection_endpoint import Endpoint

FRESH = count()


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of one: calls to the endpoint, when the last was answered, how many were not let in."""

    calls: int
    slowest_seconds: float
    refused: int


@dataclass(frozen=True, slots=True)
class Guarded:
    """An application behind a guard, and the path that is protected."""

    app: Any
    path: str = PATH


def new_token() -> str:
    return f"good-{next(FRESH):059x}"


def asgi_crowd(guarded: Guarded, endpoint: Endpoint, loop: asyncio.AbstractEventLoop, people: int) -> Crowd:
    scopes = [scope for scope, _ in asgi_requests([new_token()] * people, path=guarded.path)]

    async def one(scope: dict[str, Any]) -> tuple[int, float]:
        status = await status_of_asgi(guarded.app, scope)
        return status, time.perf_counter()

    async def all_of_them() -> tuple[float, list[tuple[int, float]]]:
        begun = time.perf_counter()
        return begun, await asyncio.gather(*(one(scope) for scope in scopes))

    endpoint.control()
    begun, answers = loop.run_until_complete(all_of_them())
    return crowd_of(endpoint, begun, answers)


def wsgi_crowd(guarded: Guarded, endpoint: Endpoint, people: int) -> Crowd:
    environs = [environ for environ, _ in wsgi_requests([new_token()] * people, path=guarded.path)]
    begun: list[float] = []
    ready = threading.Barrier(people, lambda: begun.append(time.perf_counter()))
    answers: list[tuple[int, float]] = []

    def one(environ: dict[str, Any]) -> None:
        ready.wait()
        status = wsgi_status(guarded.app, environ)
        answers.append((status, time.perf_counter()))

    endpoint.control()
    threads = [threading.Thread(target=one, args=(environ,)) for environ in environs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == people  # a thread that raised has given none
    return crowd_of(endpoint, begun[0], answers)


def wsgi_status(app: Any, environ: dict[str, Any]) -> int:
    """Call an application as a server does, to the end."""
    statuses: list[int] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(int(status[:3]))

    answer = app({**environ, "wsgi.input": BytesIO()}, start_response)
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    return statuses[-1]


def crowd_of(endpoint: Endpoint, begun: float, answers: list[tuple[int, float]]) -> Crowd:
    return Crowd(
        calls=endpoint.control()["calls"],
        slowest_seconds=max(ended for _, ended in answers) - begun,
        refused=sum(status != 200 for status, _ in answers),
    )


def find_mistakes(subjects: Mapping[str, Callable[[int], Crowd]]) -> dict[str, str]:
    """Say of each subject that does not let one good token in what it does instead."""
    logging.disable(logging.CRITICAL)  # what others write of a failure is counted, not read
    mistakes = {}
    for name, crowd in subjects.items():
        if crowd(1).refused:
            mistakes[name] = "Failed: it refuses a good token."
    return mistakes
