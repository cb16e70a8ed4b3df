"""Fill a store through the store itself, and beside it as fast as its driver can."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import redis

from bearerguard.stores import _rows
from bearerguard.stores._redis.values import dumped
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore
from benchmarks.stores import places
from benchmarks.stores.tokens import records

COMPARED_TOKENS = 100_000
AT_ONCE = 1_000_000  # tokens in one call of add_many, or one COPY: a transaction
IN_A_PIPELINE = 1_000
COPY = (
    "COPY bearerguard_tokens (digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label) "
    "FROM STDIN (FORMAT BINARY)"
)
TYPES = ("bytea", "text", "text", "text", "float8", "float8", "float8", "text")


def load(store: Any, tokens: int) -> float:
    """Add so many; the seconds it took."""
    begun = time.perf_counter()
    for first in range(0, tokens, AT_ONCE):
        store.add_many(records(first, min(first + AT_ONCE, tokens)))
    return time.perf_counter() - begun


def print_loads(kind: str) -> None:
    """Print what a token costs by add_many, by the driver, and to make alone."""
    subjects: dict[str, Callable[[int], float]] = {
        "postgresql": {"COPY of psycopg": copied},
        "redis": {"a pipeline of redis-py": piped},
    }[kind]
    subjects = {"add_many": added_to(kind), **subjects, "making the records": made}
    print(f"\n{kind}, {COMPARED_TOKENS:,} tokens into nothing, µs a token: ", end="")
    print(
        ", ".join(
            f"{name} {1e6 * load(COMPARED_TOKENS) / COMPARED_TOKENS:.1f}" for name, load in subjects.items()
        )
    )


def made(tokens: int) -> float:
    begun = time.perf_counter()
    for _ in records(0, tokens):
        pass
    return time.perf_counter() - begun


def added_to(kind: str) -> Callable[[int], float]:
    def added(tokens: int) -> float:
        if kind == "redis":
            with places.own_redis() as url:
                return load(RedisTokenStore(url), tokens)
        with places.postgresql() as name:
            return load(SqlTokenStore(places.url_of("postgresql", name)), tokens)

    return added


def copied(tokens: int) -> float:
    with places.postgresql() as name:
        SqlTokenStore(places.url_of("postgresql", name)).close()
        return copy_into(name, tokens)


def copy_into(name: str, tokens: int) -> float:
    """Copy so many into the table of a store; the seconds it took."""
    begun = time.perf_counter()
    with psycopg.connect(**places.POSTGRESQL, dbname=name, autocommit=True) as connection:
        for first in range(0, tokens, AT_ONCE):
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                copy.set_types(TYPES)
                for record in records(first, min(first + AT_ONCE, tokens)):
                    copy.write_row(_rows.row_of(record))
    return time.perf_counter() - begun


def piped(tokens: int) -> float:
    with places.own_redis() as url, redis.Redis.from_url(url) as client:
        begun = time.perf_counter()
        pipeline = client.pipeline(transaction=False)
        for number, record in enumerate(records(0, tokens), 1):
            pipeline.set(b"bearerguard:" + record.digest, dumped(record), nx=True, px=10**12)
            if number % IN_A_PIPELINE == 0:
                pipeline.execute()
        pipeline.execute()
        return time.perf_counter() - begun
