"""Send good signed tokens as fast as one client can, alone and beside each flood, in turn."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from bearerguard.bench.figures import in_turn
from benchmarks.incoming import Request
from benchmarks.introspection_edges import status_of_asgi, status_of_wsgi
from benchmarks.key_set_endpoint import KeySetEndpoint
from benchmarks.scenes._jwt_floods import COOLDOWN_SECONDS, FLOODS, RANDOM_KEYS, JwtGuard, requests_of
from benchmarks.scenes._warm_blocks import asgi_block, wsgi_block
from benchmarks.signed import Issuer
from benchmarks.suite import Measurement, Run

ALONE = "good traffic alone"
GOOD_TOKENS = 200
BLOCK = 20  # good requests between two looks at the clock, and between two turns of the event loop
FLOOD_PER_SECOND = 1_000
FLOOD_THREADS = 4

GOOD, SENT, FETCHES = "the good requests", "the flood", "fetches of the key set"
OWN, ANSWERED, REFUSED = "per second of their own processor time", "answered/s", "refused/s"
PER_SECOND, PER_COOLDOWN = "per second", "of those that the cooldown allows"

Blocks = Iterator[Sequence[Request]]


@dataclass(slots=True)
class Stretch:
    """What became of one stretch of traffic; `own_seconds` are processor time of the good requests alone."""

    good: int = 0
    own_seconds: float = 0.0
    seconds: float = 0.0
    refused: int = 0
    fetches: int = 0

    def note(self, requests: int, seconds_each: float) -> None:
        self.good += requests
        self.own_seconds += requests * seconds_each

    @property
    def allowed_fetches(self) -> int:
        """How many cooldowns can have begun in it."""
        return math.floor(self.seconds / COOLDOWN_SECONDS) + 1


def name_of(flood: str) -> str:
    return f"beside {flood}"


def measure(run: Run) -> Iterator[Measurement]:
    logging.disable(logging.CRITICAL)  # each refusal is meant to be logged
    issuer = Issuer()
    tokens = issuer.sign(GOOD_TOKENS)
    with KeySetEndpoint(issuer.key_set) as endpoint:
        for edge in ("ASGI", "WSGI"):
            if run.may_begin(edge):
                run.tell(edge)
                yield from measure_edge(endpoint, edge, tokens, run)


def measure_edge(endpoint: KeySetEndpoint, edge: str, tokens: list[str], run: Run) -> Iterator[Measurement]:
    guard, good = JwtGuard(endpoint), requests_of(edge, tokens)
    blocks = cycle([good[n : n + BLOCK] for n in range(0, len(good), BLOCK)])
    seconds, rounds = run.choose(25, 10) / 100, run.choose(25, 5)
    loop = asyncio.new_event_loop()

    def stretch(flood: Callable[[], str] | None) -> Stretch:
        number = int(seconds * FLOOD_PER_SECOND) if flood else 0
        bad = requests_of(edge, [flood() for _ in range(number)] if flood else [])
        fetched, passed = endpoint.fetches(), guard.passed
        gc.collect()
        gc.freeze()  # the flood's requests are made by us: looking through them is not its doing
        begun = time.perf_counter()
        if edge == "ASGI":
            found = loop.run_until_complete(send_asgi(guard, blocks, bad, seconds))
        else:
            found = send_wsgi(guard, blocks, bad, seconds)
        found.seconds = time.perf_counter() - begun
        gc.unfreeze()
        found.fetches = endpoint.fetches() - fetched
        if (guard.passed - passed, found.refused) != (found.good, len(bad)):
            raise RuntimeError(f"{edge}: a good request was refused, or a bad one was not")
        return found

    subjects = {ALONE: partial(stretch, None)}
    subjects |= {name_of(name): partial(stretch, flood) for name, flood in FLOODS.items()}
    subjects[ALONE]()  # fills the cache
    taken = in_turn(subjects, rounds)
    if edge == "ASGI":
        loop.run_until_complete(guard.server.aclose())
    guard.server.close()
    loop.close()
    if not any(one.fetches for one in taken[name_of(RANDOM_KEYS)]):
        raise RuntimeError(f"{edge}: unknown keys were not looked for")
    yield from join(edge, taken)


async def send_asgi(guard: JwtGuard, blocks: Blocks, bad: Sequence[Request], seconds: float) -> Stretch:
    found, app = Stretch(), guard.apps["ASGI"]
    begun = time.perf_counter()

    async def refuse(scope: dict[str, object]) -> None:
        status = await status_of_asgi(app, scope)
        found.refused += status == 401  # read after the answer: others are counted meanwhile

    async def flood() -> None:
        tasks = []
        for number, (scope, _) in enumerate(bad):
            left_seconds = begun + number / FLOOD_PER_SECOND - time.perf_counter()
            if left_seconds > 0:  # whatever is late begins at once, as on the many connections of a server
                await asyncio.sleep(left_seconds)
            tasks.append(asyncio.create_task(refuse(scope)))
        await asyncio.gather(*tasks)

    flooding = asyncio.create_task(flood())
    while time.perf_counter() < begun + seconds:
        block = next(blocks)
        found.note(len(block), await asgi_block(app, block))
        await asyncio.sleep(0)
    await flooding
    return found


def send_wsgi(guard: JwtGuard, blocks: Blocks, bad: Sequence[Request], seconds: float) -> Stretch:
    found, app = Stretch(), guard.apps["WSGI"]
    refused: list[int] = []
    begun = time.perf_counter()

    def flood(first: int) -> None:
        for number in range(first, len(bad), FLOOD_THREADS):
            left_seconds = begun + number / FLOOD_PER_SECOND - time.perf_counter()
            if left_seconds > 0:
                time.sleep(left_seconds)
            refused.append(status_of_wsgi(app, bad[number][0]) == 401)

    threads = [threading.Thread(target=flood, args=(n,)) for n in range(FLOOD_THREADS if bad else 0)]
    for thread in threads:
        thread.start()
    while time.perf_counter() < begun + seconds:
        block = next(blocks)
        found.note(len(block), wsgi_block(app, block))
    for thread in threads:
        thread.join()
    found.refused = sum(refused)
    return found


def join(edge: str, taken: Mapping[str, Sequence[Stretch]]) -> Iterator[Measurement]:
    figures: dict[tuple[str, str], Callable[[Stretch], float]] = {
        (GOOD, OWN): lambda one: one.good / one.own_seconds,
        (GOOD, ANSWERED): lambda one: one.good / one.seconds,
        (SENT, REFUSED): lambda one: one.refused / one.seconds,
        (FETCHES, PER_SECOND): lambda one: one.fetches / one.seconds,
        (FETCHES, PER_COOLDOWN): lambda one: one.fetches / one.allowed_fetches,
    }
    for (what, unit), figure in figures.items():
        for name, stretches in taken.items():
            if name == ALONE and what != GOOD:
                continue
            yield Measurement(
                case=f"{edge}, {what}",
                subject=name,
                unit=unit,
                values=tuple(map(figure, stretches)),
                versus=ALONE if what == GOOD and name != ALONE else None,
                more_is_better=what == GOOD,
                is_drawn=what == GOOD,
            )
