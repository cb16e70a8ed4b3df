"""A cold look-up beside the driver's own point read, in turn, for every store in both colours."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bearerguard.bench.figures import in_turn, median, ratio
from bearerguard.flow import never_blocks
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from benchmarks.introspection_shared import Bar
from benchmarks.stores import places, reads
from benchmarks.stores.figures import print_table
from benchmarks.stores.tokens import digest_of, records

TOKENS = 10_000
LOOK_UPS = 50  # between two looks at the clock; few, so that a busy moment of the machine spoils but a few
WARM_UP_ROUNDS = 3  # drivers prepare a statement that comes again
LIMIT = 1.5
STORE, BARE = "store", "bare"

Clock = Callable[[], float]
Loop = asyncio.AbstractEventLoop
Opened = Callable[[], AbstractContextManager[reads.Read]]
AsyncOpened = Callable[[], AbstractAsyncContextManager[reads.AsyncRead]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A store with tokens in it, and bare reads of the same by name; the bar is for the first of them."""

    name: str
    store: Any
    bare: dict[str, Opened]
    abare: dict[str, AsyncOpened] = field(default_factory=dict)  # the driver may have but the one colour
    waits: bool = True  # for another process: then the clock on the wall counts, else processor time


@contextmanager
def filled(store: Any) -> Iterator[Any]:
    """Put the tokens in, and close it at the end."""
    store.add_many(records(0, TOKENS))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def of_postgresql() -> Iterator[Subject]:
    with places.postgresql() as name, filled(SqlTokenStore(places.url_of("postgresql", name))) as store:
        yield Subject(
            name="SqlTokenStore, PostgreSQL",
            store=store,
            bare={"psycopg": lambda: reads.postgresql(name)},
            abare={"psycopg": lambda: reads.apostgresql(name)},
        )


@contextmanager
def of_mariadb() -> Iterator[Subject]:
    with places.mariadb() as name, filled(SqlTokenStore(places.url_of("mariadb", name))) as store:
        yield Subject(
            name="SqlTokenStore, MariaDB",
            store=store,
            bare={"PyMySQL": lambda: reads.mariadb(name)},
            abare={"asyncmy": lambda: reads.amariadb(name)},
        )


@contextmanager
def of_sqlite_url() -> Iterator[Subject]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.db"
        with filled(SqlTokenStore(f"sqlite:///{path}")) as store:
            bare = {"sqlite3": lambda: reads.sqlite(path, "bearerguard_tokens")}
            yield Subject(name="SqlTokenStore, SQLite", store=store, bare=bare, waits=False)


@contextmanager
def of_sqlite() -> Iterator[Subject]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.db"
        with filled(SqliteTokenStore(path)) as store:
            bare = {"sqlite3": lambda: reads.sqlite(path, "tokens")}
            yield Subject(name="SqliteTokenStore", store=store, bare=bare, waits=False)


@contextmanager
def of_redis() -> Iterator[Subject]:
    with places.redis_prefix() as name, filled(RedisTokenStore(places.REDIS, prefix=name)) as store:
        key, url = name.encode(), places.REDIS
        yield Subject(
            name="RedisTokenStore",
            store=store,
            bare={
                "redis-py": lambda: reads.redis_get(url, key),
                "its connection": lambda: reads.redis_connection(url, key),
            },
            abare={
                "redis-py": lambda: reads.aredis_get(url, key),
                "its connection": lambda: reads.aredis_connection(url, key),
            },
        )


SUBJECTS = (of_postgresql, of_mariadb, of_sqlite_url, of_sqlite, of_redis)


def measure(rounds: int) -> list[Bar]:
    """Print a line for every store, colour and bare read; what was promised."""
    lines, bars = [], []
    for subject in SUBJECTS:
        with subject() as found:
            for colour, taken in both_colours(found, rounds).items():
                for number, driver in enumerate(name for name in taken if name != STORE):
                    times = ratio(taken[STORE], taken[driver])
                    lines.append(line(f"{found.name}, {colour}", driver, taken, times))
                    if not number:
                        bars.append(Bar(f"{found.name}, {colour}: times {driver}", times.middle, LIMIT))
    print_table(("", "bare read by", "bare, µs", "store, µs", "times", "95 %"), lines)
    return bars


def line(name: str, driver: str, taken: dict[str, list[float]], times: Any) -> list[str]:
    figures = [f"{1e6 * median(taken[one]):.1f}" for one in (driver, STORE)]
    return [name, driver, *figures, f"{times.middle:.2f}", f"{times.low:.2f} to {times.high:.2f}"]


def both_colours(subject: Subject, rounds: int) -> dict[str, dict[str, list[float]]]:
    found = {"blocking": blocking(subject, rounds)}
    if not never_blocks(subject.store.find):  # else it is called in place on an event loop too
        loop = asyncio.new_event_loop()
        found["async"] = awaitable(subject, rounds, loop)
        loop.close()
    return found


def blocking(subject: Subject, rounds: int) -> dict[str, list[float]]:
    clock = clock_of(subject)
    with ExitStack() as stack:
        blocks = {name: block(stack.enter_context(opener()), clock) for name, opener in subject.bare.items()}
        return take_turns(blocks | {STORE: block(subject.store.find, clock)}, rounds)


def awaitable(subject: Subject, rounds: int, loop: Loop) -> dict[str, list[float]]:
    run, clock = loop.run_until_complete, clock_of(subject)
    with ExitStack() as stack:
        blocks = {}
        for name, opener in subject.abare.items():
            opened = opener()
            blocks[name] = ablock(run(opened.__aenter__()), loop, clock)
            stack.callback(lambda opened=opened: run(opened.__aexit__(None, None, None)))
        for name, opener in subject.bare.items():
            if not subject.abare:
                blocks[name] = block(stack.enter_context(opener()), clock)
        stack.callback(lambda: run(subject.store.aclose()))
        return take_turns(blocks | {STORE: ablock(subject.store.afind, loop, clock)}, rounds)


def clock_of(subject: Subject) -> Clock:
    return time.perf_counter if subject.waits else time.thread_time


def take_turns(blocks: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    in_turn(blocks, WARM_UP_ROUNDS)
    return in_turn(blocks, rounds)


def drawn() -> list[bytes]:
    return [digest_of(number) for number in random.sample(range(TOKENS), LOOK_UPS)]


def block(read: reads.Read, clock: Clock) -> Callable[[], float]:
    def measured() -> float:
        digests, begun = drawn(), clock()
        for digest in digests:
            assert read(digest) is not None
        return (clock() - begun) / LOOK_UPS

    return measured


def ablock(read: reads.AsyncRead, loop: Loop, clock: Clock) -> Callable[[], float]:
    async def look_up(digests: list[bytes]) -> float:
        begun = clock()
        for digest in digests:
            assert await read(digest) is not None
        return (clock() - begun) / LOOK_UPS

    return lambda: loop.run_until_complete(look_up(drawn()))
