"""Ten million tokens beside ten thousand, in PostgreSQL and in Redis: loading, bytes, cold look-ups.

The tokens come in the order of their numbers, so their digests in none, as in real use. PostgreSQL is loaded
by COPY, Redis by the store's own add_many. A look-up is of any token, with the same chance, so that nothing
is warm but what the engine keeps warm of all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import redis

from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore
from benchmarks.introspection_shared import Bar, quantile
from benchmarks.stores import places
from benchmarks.stores.figures import print_table
from benchmarks.stores.loading import copy_into, load, print_loads
from benchmarks.stores.tokens import digest_of

FEW_TOKENS = 10_000
LIMIT = 2.0  # times the p99 of few
BLOCK = 100  # look-ups in one, then in the other
WARM_UP = 2_000  # look-ups in each


@dataclass(frozen=True, slots=True)
class Filled:
    """A store for so many tokens.

    `load` puts them in and gives the seconds that took; `sizes` asks how many bytes it takes for what.
    """

    store: Any
    tokens: int
    load: Callable[[], float]
    sizes: Callable[[], dict[str, int]]
    settle: Callable[[], None]


def measure(tokens: int, look_ups: int, only: str | None) -> list[Bar]:
    """Print what loading took, the bytes and the look-ups; what was promised."""
    bars = []
    for name, opener in {"postgresql": in_postgresql, "redis": in_redis}.items():
        if only not in (None, name):
            continue
        print_loads(name)
        with ExitStack() as stack:
            few = fill(stack.enter_context(opener(FEW_TOKENS)))
            many = fill(stack.enter_context(opener(tokens)))
            bars.append(report(name, few, many, look_ups))
    return bars


def fill(found: Filled) -> Filled:
    seconds = found.load()
    found.settle()
    each = 1e6 * seconds / found.tokens
    print(f"{found.tokens:,} tokens: loaded in {seconds:.1f} s, {each:.1f} µs a token")
    sizes = {what: size / found.tokens for what, size in found.sizes().items()}
    print("bytes a token: " + ", ".join(f"{what} {size:.1f}" for what, size in sizes.items()))
    return found


def report(name: str, few: Filled, many: Filled, look_ups: int) -> Bar:
    taken = take_turns((few, many), look_ups)
    rows = [
        [f"{one.tokens:,} tokens", *(f"{quantile(values, share):.1f}" for share in (0.5, 0.9, 0.99, 0.999))]
        for one, values in zip((few, many), taken, strict=True)
    ]
    print()
    print_table((f"{name}, a cold look-up, µs", "p50", "p90", "p99", "p99.9"), rows)
    growth = quantile(taken[1], 0.99) / quantile(taken[0], 0.99)
    return Bar(f"{name}: p99 of a look-up, times that of {few.tokens:,} tokens", growth, LIMIT)


def take_turns(stores: tuple[Filled, ...], look_ups: int) -> list[list[float]]:
    """Microseconds of every look-up in each."""
    for one in stores:
        look_up(one, WARM_UP)
    taken: list[list[float]] = [[] for _ in stores]
    for _ in range(look_ups // BLOCK):
        for number in random.sample(range(len(stores)), len(stores)):
            taken[number] += look_up(stores[number], BLOCK)
    return taken


def look_up(filled: Filled, times: int) -> list[float]:
    find, tell, taken = filled.store.find, time.perf_counter_ns, []
    for _ in range(times):
        digest = digest_of(random.randrange(filled.tokens))  # noqa: S311 - which one comes, no secret
        begun = tell()
        record = find(digest)
        taken.append((tell() - begun) / 1e3)
        assert record is not None
    return taken


@contextmanager
def in_postgresql(tokens: int) -> Iterator[Filled]:
    with places.postgresql() as name:
        server = {**places.POSTGRESQL, "dbname": name, "autocommit": True}
        store = SqlTokenStore(places.url_of("postgresql", name))
        with psycopg.connect(**server) as connection:

            def settle() -> None:
                connection.execute("VACUUM (ANALYZE) bearerguard_tokens")  # else the first reads would write
                connection.execute("CHECKPOINT")

            yield Filled(
                store, tokens, lambda: copy_into(name, tokens), lambda: relation_sizes(connection), settle
            )
        store.close()


def relation_sizes(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Give the bytes of the table and of its indexes, and of all together."""
    query = """
        SELECT relname, pg_relation_size(oid) FROM pg_class
        WHERE oid = 'bearerguard_tokens'::regclass OR oid IN
            (SELECT indexrelid FROM pg_index WHERE indrelid = 'bearerguard_tokens'::regclass)
        ORDER BY 2 DESC
    """
    total = connection.execute("SELECT pg_total_relation_size('bearerguard_tokens')").fetchall()[0][0]
    return {"all": total, **dict(connection.execute(query).fetchall())}


@contextmanager
def in_redis(tokens: int) -> Iterator[Filled]:
    with places.own_redis() as url, redis.Redis.from_url(url) as client:
        store = RedisTokenStore(url)
        empty = client.info("memory")["used_memory"]

        def sizes() -> dict[str, int]:
            memory = client.info("memory")
            return {"used_memory": memory["used_memory"] - empty, "resident": memory["used_memory_rss"]}

        yield Filled(store, tokens, lambda: load(store, tokens), sizes, lambda: None)
        store.close()
