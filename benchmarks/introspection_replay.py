"""A second of traffic at a time, through one edge: many warm tokens, a few new ones, some of them junk."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.incoming import asgi_scopes, wsgi_environs
from benchmarks.introspection_edges import Guard, status_of_asgi, status_of_wsgi

WARM_TOKENS = 200
ROUNDS = 5  # each of them so many times a second
GOOD_PER_SECOND = 6
JUNK_PER_SECOND = 4

WARM = [f"good-warm-{n}" for n in range(WARM_TOKENS)]


@dataclass
class Replay:
    """One edge: how a second is sent, how it is closed, and what became of the requests."""

    one_second: Callable[[], None] = lambda: None
    close: Callable[[], None] = lambda: None
    statuses: dict[str, Counter[int]] = field(
        default_factory=lambda: {kind: Counter() for kind in ("warm", "good", "junk")}
    )
    second: int = 0

    def new_tokens(self) -> list[tuple[str, str]]:
        """Pairs of a kind and a token that never came before."""
        self.second += 1
        good = [("good", f"good-{self.second}-{n:048x}") for n in range(GOOD_PER_SECOND)]
        junk = [("junk", f"junk-{self.second}-{n:048x}") for n in range(JUNK_PER_SECOND)]
        return good + junk


def replay_asgi(guard: Guard) -> Replay:
    """New tokens all at once, then the warm ones."""
    replay, loop, scopes = Replay(), asyncio.new_event_loop(), asgi_scopes(WARM)

    async def ask(kind: str, token: str) -> None:
        replay.statuses[kind][await guard.ask_asgi(token)] += 1

    async def one_second() -> None:
        await asyncio.gather(*(ask(kind, token) for kind, token in replay.new_tokens()))
        for _ in range(ROUNDS):
            for scope in scopes:
                replay.statuses["warm"][await status_of_asgi(guard.asgi, dict(scope))] += 1

    def close() -> None:
        loop.run_until_complete(guard.server.aclose())

    replay.one_second = lambda: loop.run_until_complete(one_second())
    replay.close = close
    return replay


def replay_wsgi(guard: Guard) -> Replay:
    """The same, the new tokens on threads that are there from the beginning."""
    replay, environs = Replay(), wsgi_environs(WARM)
    at_once = GOOD_PER_SECOND + JUNK_PER_SECOND
    threads = ThreadPoolExecutor(at_once)

    def one_second() -> None:
        new = replay.new_tokens()
        statuses = threads.map(guard.ask_wsgi, [token for _, token in new])
        for (kind, _), status in zip(new, statuses, strict=True):
            replay.statuses[kind][status] += 1
        for _ in range(ROUNDS):
            for environ in environs:
                replay.statuses["warm"][status_of_wsgi(guard.wsgi, dict(environ))] += 1

    def close() -> None:
        threads.shutdown()
        guard.server.close()

    replay.one_second = one_second
    replay.close = close
    return replay
