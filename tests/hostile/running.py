"""Put one row of the table to both edges, and see what becomes of its requests."""

from __future__ import annotations

import asyncio
import logging
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bearerguard import ClientSecretBasic, Decision, Introspection
from bearerguard.clients.httpx import HttpxClient
from tests.hostile.answers import answer
from tests.hostile.authority import ca_file
from tests.hostile.behaviours import say
from tests.hostile.rows import Became, Row
from tests.hostile.server import HostileServer
from tests.support import App, AsgiEdge, Reply, WsgiEdge, asgi_scope, bearer, drive_asgi, reply_of, server

Edge = AsgiEdge | WsgiEdge
SECRET = "a-secret-of-ours"


def run_row(row: Row, edge: Edge) -> Became:
    """Start the row's server, make its requests, and stop everything."""
    with (
        HostileServer(row.behave, row.context and row.context()) as hostile,
        HostileServer(say(answer())) as elsewhere,
        noted_errors() as errors,
    ):
        hostile.elsewhere = elsewhere.url()
        http = HttpxClient(**{"ca_file": ca_file("ours"), **row.http})
        decisions: list[Decision] = []
        introspection = Introspection(
            hostile.url() if row.context else hostile.url().replace("http:", "https:"),
            http=http,
            timeout_seconds=row.deadline_seconds,
            **{"client": ClientSecretBasic("api", SECRET), **row.introspection},
        )
        guarded = edge.guard(App(), server(introspection, on_decision=decisions.append))
        with traced(row.peak_bytes is not None) as peak:
            replies, seconds = _ask_all(edge, guarded, row, hostile)
            peak_bytes = peak()
        http.close()
    return Became(
        [(reply.status, decision.reason) for reply, decision in zip(replies, decisions, strict=True)],
        hostile.calls,
        seconds,
        peak_bytes,
        errors,
        hostile.questions,
        elsewhere.accepted,
    )


def _ask_all(edge: Edge, guarded: Any, row: Row, hostile: HostileServer) -> tuple[list[Reply], float]:
    """Make the row's requests one after the other; under ASGI all on one event loop."""
    seconds: list[float] = []

    @contextmanager
    def timed(is_last: bool) -> Iterator[None]:
        began_at = time.perf_counter()
        yield
        seconds.append(time.perf_counter() - began_at)
        if not is_last:
            row.between(hostile)

    def ask() -> list[Reply]:
        replies = []
        for token in row.tokens:
            with timed(token is row.tokens[-1]):
                replies.append(edge.answer(guarded, headers=bearer(token)))
        return replies

    async def aask() -> list[Reply]:
        replies = []
        for token in row.tokens:
            with timed(token is row.tokens[-1]):
                sent = await drive_asgi(guarded, asgi_scope(headers=bearer(token)), [])
                replies.append(reply_of(sent))
        return replies

    replies = asyncio.run(aask()) if isinstance(edge, AsgiEdge) else ask()
    return replies, max(seconds)


@contextmanager
def traced(is_on: bool) -> Iterator[Callable[[], int]]:
    """Give how much more memory there was at the worst moment; the server's own is in it too."""
    if not is_on:
        yield lambda: 0
        return
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@contextmanager
def noted_errors() -> Iterator[list[str]]:
    """Collect the lines that the package logs as errors."""
    lines: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("bearerguard")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
