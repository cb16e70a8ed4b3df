"""How a process hears of what another one publishes: through the driver alone, on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import redis

from benchmarks.stores.places import POSTGRESQL, REDIS

CHANNEL = "bearerguard_bare"
ATTEMPT_SECONDS = 1.0  # between two looks at whether the end has come

Heard = list[tuple[int, float]]
Listen = Callable[[Heard, threading.Event, threading.Event], None]


def by_psycopg(name: str) -> Listen:
    """LISTEN, and the connection's own generator of notifications."""

    def listen(heard: Heard, ready: threading.Event, over: threading.Event) -> None:
        with psycopg.connect(**POSTGRESQL, dbname=name, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            ready.set()
            while not over.is_set():
                for one in connection.notifies(timeout=ATTEMPT_SECONDS):
                    heard.append((int(one.payload), time.monotonic()))

    return listen


def by_redis(prefix: str) -> Listen:
    """SUBSCRIBE, and redis-py's own reading of messages."""

    def listen(heard: Heard, ready: threading.Event, over: threading.Event) -> None:
        with redis.Redis.from_url(REDIS) as client, client.pubsub() as subscribed:
            subscribed.subscribe(prefix + CHANNEL)
            while not over.is_set():
                message = subscribed.get_message(timeout=ATTEMPT_SECONDS)
                if message is None:
                    continue
                if message["type"] == "message":
                    heard.append((int(message["data"]), time.monotonic()))
                else:
                    ready.set()

    return listen


def publisher(kind: str, name: str, stack: Any) -> Callable[[int], object]:
    """Give what publishes a number as the driver does it, over a connection that is open already."""
    if kind == "postgresql":
        connection = stack.enter_context(psycopg.connect(**POSTGRESQL, dbname=name, autocommit=True))
        return lambda number: connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(number)))
    client = stack.enter_context(redis.Redis.from_url(REDIS))
    return lambda number: client.publish(name + CHANNEL, number)


def listen_by_driver(kind: str, name: str) -> tuple[Heard, threading.Event]:
    """Begin to listen on a thread; what is heard, and how to end it."""
    heard: Heard = []
    ready, over = threading.Event(), threading.Event()
    listen = by_psycopg(name) if kind == "postgresql" else by_redis(name)
    threading.Thread(target=listen, args=(heard, ready, over), daemon=True).start()
    assert ready.wait(10), "the driver does not hear"
    return heard, over
