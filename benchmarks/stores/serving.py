"""Serve warm requests in a loop, through the real middleware, and note since when a token is refused.

After every request a server hands something to the system, so the loop does too: an event loop looks for what
has come, a thread writes to a socket and reads from it. A thread that listens beside it is let in there.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from bearerguard import AsgiMiddleware, ResourceServer, WsgiMiddleware
from bearerguard.bench.applications import least_asgi, least_wsgi
from benchmarks.incoming import asgi_scopes, wsgi_environs

PAUSE_SECONDS = 0.002  # of a worker that has a share of its time to spare, after two requests

Refused = list[tuple[int, float]]
Serve = Callable[[ResourceServer, list[str], bool, Refused, threading.Event], int]


def serve_asgi(
    server: ResourceServer, tokens: list[str], pauses: bool, refused: Refused, over: threading.Event
) -> int:
    """Serve the first token, which stays good, and the next that will be revoked; how many were served."""
    app, statuses = AsgiMiddleware(least_asgi, server), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def serve() -> int:
        served = 0
        while not over.is_set():
            for number in (0, len(refused) + 1):
                (scope,) = asgi_scopes([tokens[number]])
                await app(scope, receive, send)
                served += 1
                note(number, statuses.pop(), refused)
                await asyncio.sleep(0)
            if pauses:
                await asyncio.sleep(PAUSE_SECONDS)
        await server.aclose()
        return served

    return asyncio.run(serve())


def serve_wsgi(
    server: ResourceServer, tokens: list[str], pauses: bool, refused: Refused, over: threading.Event
) -> int:
    """Do the same on a thread."""
    app, served, statuses = WsgiMiddleware(least_wsgi, server), 0, []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(int(status[:3]))

    one, other = socket.socketpair()
    with one, other:
        while not over.is_set():
            for number in (0, len(refused) + 1):
                (environ,) = wsgi_environs([tokens[number]])
                one.sendall(b"".join(app(environ, start_response)))
                other.recv(4_096)
                served += 1
                note(number, statuses.pop(), refused)
            if pauses:
                time.sleep(PAUSE_SECONDS)
    server.close()
    return served


def note(number: int, status: int, refused: Refused) -> None:
    """The first token must be good for ever, the others until they are refused."""
    if status == 401 and number:
        refused.append((number - 1, time.monotonic()))
    elif status != 200:
        raise AssertionError(f"token {number} was answered with {status}")
