"""Let so many calls be made at a time, in both colours, and the others wait in a short line."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio

from bearerguard.clients._packages import httpcore

# Of the time for a call: with the rest the server can still be asked, and blamed where it does not answer.
LONGEST_WAIT = 0.5


@contextmanager
def place(places: threading.Semaphore, seconds: float) -> Iterator[None]:
    """Hold a place, on a thread. Raises httpcore's PoolTimeout."""
    if not places.acquire(timeout=seconds * LONGEST_WAIT):
        raise httpcore.PoolTimeout
    try:
        yield
    finally:
        places.release()


@asynccontextmanager
async def aplace(places: anyio.Semaphore, seconds: float) -> AsyncIterator[None]:
    """Hold a place, on an event loop. Raises httpcore's PoolTimeout."""
    try:
        places.acquire_nowait()
    except anyio.WouldBlock:
        with anyio.move_on_after(seconds * LONGEST_WAIT) as line:
            await places.acquire()
        if line.cancelled_caught:
            raise httpcore.PoolTimeout from None
    try:
        yield
    finally:
        places.release()
