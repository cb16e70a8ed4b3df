"""Revoked in one process, refused in eight others under load; beside it what the engine's driver takes.

Kinds have their turns in the same run, each with eight processes that serve warm requests all the time:

    alone       eight more processes do nothing but listen with the bare driver
    beside      the driver listens on a thread of the processes that serve
    guard       the guard's feed listens there
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bearerguard.errors import Unavailable
from bearerguard.stores import digest_of, issue
from bearerguard.stores.sql import SqlTokenStore
from benchmarks.introspection_shared import Bar, quantile
from benchmarks.stores import places
from benchmarks.stores.figures import print_table
from benchmarks.stores.hearing import publisher
from benchmarks.stores.workers import DRIVER, GUARD, NOTHING, WORKERS, Work, open_store, working

LIMIT = 3.0
ALONE, BESIDE, DROPPED, REFUSED = (
    "the driver, alone in a process",
    "the driver, beside requests",
    "the guard: forgotten",
    "the guard: refused",
)
LOADS = {"a share of the time": True, "all the time": False}
LEAST_GAP_SECONDS, MOST_GAP_SECONDS = 0.03, 0.09  # between two, at random, so that no rhythm is met
SETTLE_SECONDS = 1.0  # for the last to be heard
WARM_UP = 5  # of every turn, which do not count: an event loop opens its connection with the first look-up

Instants = dict[int, float]


@dataclass(slots=True)
class Taken:
    """Seconds until the last of eight processes, and until each: from the beginning, and from its success."""

    last: list[float] = field(default_factory=list)
    last_of_acknowledged: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)

    def add(self, begun: Instants, done: Instants, heard: list[Instants]) -> None:
        for number, began_at in list(begun.items())[WARM_UP:]:
            instants = [one[number] for one in heard]
            assert len(instants) == WORKERS
            self.last.append(max(instants) - began_at)
            self.last_of_acknowledged.append(max(0.0, max(instants) - done[number]))
            self.each += [instant - began_at for instant in instants]


def measure(revocations: int, rounds: int) -> list[Bar]:
    """Print a line for each kind, load and engine; what was promised."""
    bars: list[Bar] = []
    for kind in ("postgresql", "redis"):
        for load, pauses in LOADS.items():
            taken: dict[str, Taken] = {name: Taken() for name in (ALONE, BESIDE, DROPPED, REFUSED)}
            served, seconds = 0, 0.0
            for _ in range(rounds):
                for turn in random.sample((alone, beside, guard), 3):
                    begun = time.monotonic()
                    served += turn(kind, pauses, revocations // rounds, taken)
                    seconds += time.monotonic() - begun
            print(f"\n{kind}, {WORKERS} processes that serve {load}")
            print(f"{served / seconds:,.0f} warm requests a second in all\n")
            bars += report(f"{kind}, {load}", taken)
    return bars


def report(name: str, taken: dict[str, Taken]) -> list[Bar]:
    header = ("ms", "number", "p50", "p99", "acknowledged: p50", "p99", "each of 8: p50", "p99")
    rows = []
    for kind, one in taken.items():
        values = (one.last, one.last_of_acknowledged, one.each)
        figures = [f"{1e3 * quantile(list_, share):.2f}" for list_ in values for share in (0.5, 0.99)]
        rows.append([kind, str(len(one.last)), *figures])
    print_table(header, rows)
    ours, theirs = quantile(taken[REFUSED].last_of_acknowledged, 0.99), quantile(taken[ALONE].last, 0.99)
    beside = quantile(taken[BESIDE].last, 0.99)
    return [
        Bar(f"{name}: p99, times the driver's alone", ours / theirs, LIMIT),
        Bar(f"{name}: p99, times the driver's beside requests", ours / beside, LIMIT),
    ]


def alone(kind: str, pauses: bool, number: int, taken: dict[str, Taken]) -> int:
    return bare(kind, pauses, number, taken[ALONE], hears=NOTHING, listeners=WORKERS)


def beside(kind: str, pauses: bool, number: int, taken: dict[str, Taken]) -> int:
    return bare(kind, pauses, number, taken[BESIDE], hears=DRIVER, listeners=0)


def bare(kind: str, pauses: bool, number: int, taken: Taken, *, hears: str, listeners: int) -> int:
    """Publish by the driver, to processes that listen by it."""
    with place(kind) as name, ExitStack() as stack:
        works = workers(kind, name, hears, pauses, tokens=tokens(2))
        works += [listener(kind, name)] * listeners
        connections = stack.enter_context(working(works))
        begun, done = one_by_one(publisher(kind, name, stack), number + WARM_UP)
        found = ask_all(connections)
        taken.add(begun, done, [dict(heard) for heard, _, _ in found if heard])
        return sum(served for _, _, served in found)


def guard(kind: str, pauses: bool, number: int, taken: dict[str, Taken]) -> int:
    """Revoke by a store, what processes know by stores of their own."""
    with place(kind) as name, ExitStack() as stack:
        store = open_store(kind, name)
        stack.callback(store.close)
        texts = add_tokens(store, number + WARM_UP + 2)
        works = workers(kind, name, GUARD, pauses, tokens=texts)
        connections = stack.enter_context(working(works))
        begun, done = one_by_one(lambda one: store.revoke(digest_of(texts[one + 1])), number + WARM_UP)
        found = ask_all(connections)
        for heard, refused, _ in found:
            assert len(refused) == number + WARM_UP
            assert min(one for one, _ in heard) >= 0, "all was forgotten meanwhile"
        taken[DROPPED].add(begun, done, [dict(heard) for heard, _, _ in found])
        taken[REFUSED].add(begun, done, [dict(refused) for _, refused, _ in found])
        return sum(served for _, _, served in found)


@contextmanager
def place(kind: str) -> Iterator[str]:
    """Make a database with its tables, or a prefix."""
    if kind == "redis":
        with places.redis_prefix() as prefix:
            yield prefix
        return
    with places.postgresql() as name:
        SqlTokenStore(places.url_of(kind, name)).close()
        yield name


def tokens(number: int) -> tuple[str, ...]:
    return tuple(issue(subject="alice", client_id="app")[0] for _ in range(number))


def add_tokens(store: Any, number: int) -> tuple[str, ...]:
    issued = [issue(subject="alice", client_id="app") for _ in range(number)]
    store.add_many([record for _, record in issued])
    return tuple(token for token, _ in issued)


def workers(kind: str, name: str, hears: str, pauses: bool, *, tokens: tuple[str, ...]) -> list[Work]:
    """Half of them are event loops, half are threads."""
    return [
        Work(kind=kind, name=name, hears=hears, serves=edge, pauses=pauses, tokens=tokens)
        for edge in ("asgi", "wsgi") * (WORKERS // 2)
    ]


def listener(kind: str, name: str) -> Work:
    return Work(kind=kind, name=name, hears=DRIVER, serves=None, pauses=False, tokens=())


def one_by_one(do: Callable[[int], object], number: int) -> tuple[Instants, Instants]:
    """Do it for each number, some time apart; when each was begun and done.

    What the engine does not acknowledge in time is done again, and does not count.
    """
    begun, done = {}, {}
    time.sleep(SETTLE_SECONDS)
    for one in range(number):
        time.sleep(random.uniform(LEAST_GAP_SECONDS, MOST_GAP_SECONDS))  # noqa: S311 - a pause, no secret
        begun_at = time.monotonic()
        try:
            do(one)
        except Unavailable:
            do(one)
        else:
            begun[one], done[one] = begun_at, time.monotonic()
    time.sleep(SETTLE_SECONDS)
    return begun, done


def ask_all(connections: list[Any]) -> list[Any]:
    for connection in connections:
        connection.send("end")
    return [connection.recv() for connection in connections]
