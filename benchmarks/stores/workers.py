"""The eight worker processes of a measurement: what each serves, and how it hears of revocations."""

from __future__ import annotations

import logging
import math
import multiprocessing
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from bearerguard import Cached, ResourceServer, StoredTokens
from bearerguard.credentials import Credentials
from bearerguard.flow import run
from bearerguard.stores import TokenRecord, digest_of
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore
from benchmarks.introspection_shared import RESOURCE
from benchmarks.stores.hearing import Heard, listen_by_driver
from benchmarks.stores.places import REDIS, url_of
from benchmarks.stores.serving import Refused, serve_asgi, serve_wsgi

WORKERS = 8
GUARD, DRIVER, NOTHING = "guard", "driver", "nothing"
ALL = -2  # in place of the number of a token: all that was known has been dropped
AGE_SECONDS = 3_600.0  # of an entry of the cache: longer than the measurement
START_SECONDS = 60.0

spawning = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one process does. `serves` is asgi, wsgi, or None for a process that only hears."""

    kind: str  # of the engine
    name: str  # of the database, or the prefix
    hears: str
    serves: str | None
    pauses: bool
    tokens: tuple[str, ...]


def open_store(kind: str, name: str) -> Any:
    """Open the store of an engine as each process does."""
    if kind == "redis":
        return RedisTokenStore(REDIS, prefix=name)
    return SqlTokenStore(url_of(kind, name), create=False)


@contextmanager
def working(works: list[Work]) -> Iterator[list[Connection]]:
    """Have processes at work; each gives what it has heard and refused to whoever says so."""
    started = []
    for work in works:
        ours, theirs = spawning.Pipe()
        process = spawning.Process(target=_work, args=(work, theirs), daemon=True)
        process.start()
        theirs.close()
        started.append((process, ours))
    try:
        for _, connection in started:
            assert connection.poll(START_SECONDS) and connection.recv() == "ready"  # noqa: PT018
        yield [connection for _, connection in started]
    finally:
        for process, connection in started:
            connection.close()
            process.join(5)
            process.kill()


def _work(work: Work, connection: Connection) -> None:
    logging.getLogger("bearerguard").setLevel(logging.ERROR)  # as in __main__
    heard: Heard = []
    refused: Refused = []
    ended, over = threading.Event(), threading.Event()
    if work.hears == DRIVER:
        heard, ended = listen_by_driver(work.kind, work.name)
    server = None if work.serves is None else _guard(work, heard)
    threading.Thread(target=_wait, args=(connection, over), daemon=True).start()
    connection.send("ready")
    served = 0
    if server is None:
        over.wait()
    else:
        serve = serve_asgi if work.serves == "asgi" else serve_wsgi
        served = serve(server, list(work.tokens), work.pauses, refused, over)
    ended.set()
    connection.send((heard, refused, served))


def _wait(connection: Connection, over: threading.Event) -> None:
    with suppress(EOFError):  # whoever measures has failed
        connection.recv()
    over.set()


def _guard(work: Work, heard: Heard) -> ResourceServer:
    """Make a guard that knows all tokens already; whose store, when it hears, says when the cache has."""
    hears = work.hears == GUARD
    store = open_store(work.kind, work.name) if hears else _in_memory(work.tokens)
    verifier = Cached(StoredTokens(store), max_age_seconds=AGE_SECONDS)
    _look_up(verifier, work.tokens[:1])
    if hears:
        give_up_at = time.monotonic() + START_SECONDS
        while store.feed.heard_at == -math.inf:  # its first word drops all that is known
            assert time.monotonic() < give_up_at, "the store hears nothing"
            time.sleep(0.01)
        numbers = {digest_of(token): number - 1 for number, token in enumerate(work.tokens)}
        store.subscribe(lambda digest: heard.append((numbers.get(digest, ALL), time.monotonic())))
    _look_up(verifier, work.tokens)
    return ResourceServer(resource=RESOURCE, realm="example", verifier=verifier)


def _look_up(verifier: Cached, tokens: Sequence[str]) -> None:
    for token in tokens:
        run(verifier.verify(Credentials("Bearer", token.encode())))


def _in_memory(tokens: Sequence[str]) -> MemoryTokenStore:
    store = MemoryTokenStore()
    for token in tokens:
        store.add(TokenRecord(digest_of(token), "alice", issued_at=time.time(), expires_at=None))
    return store
