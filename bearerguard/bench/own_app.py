"""Measure an application bare and guarded, on a real server and over loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bearerguard.bench import applications
from bearerguard.bench.figures import Interval, in_turn, median, ratio
from bearerguard.bench.load import Load, send_load
from bearerguard.bench.serving import Running, Server, serve
from bearerguard.stores import digest_of, issue

SUBJECTS = ("bare", "bare again", "guarded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured and for how long; `app` is `module:attribute`, or None for one that says ok."""

    app: str | None
    server: Server
    path: str
    connections: int
    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What each subject reached in each round, and the processor time each request took."""

    loads: dict[str, list[Load]] = field(default_factory=dict)
    cpu_seconds: dict[str, list[float]] = field(default_factory=dict)

    def throughput(self, subject: str) -> list[float]:
        return [load.requests_per_second for load in self.loads[subject]]

    def against_bare(self, subject: str) -> Interval:
        """Throughput as a share of the bare application's in the same round."""
        return ratio(self.throughput(subject), self.throughput("bare"))

    def p99_seconds(self, subject: str) -> float:
        return median([load.p99_seconds for load in self.loads[subject]])


def compare(plan: Plan, *, tell: Callable[[], None]) -> Comparison:
    """Serve an application bare, once more as a control, and guarded, and load each in turn.

    `tell` is called after each stretch of load. Raises ServerError and LoadError.
    """
    token, _ = issue(subject="alice")
    _, client_cpus = processors()

    def measure(at: Running) -> tuple[Load, float]:
        before = at.cpu_seconds()
        load = send_load(
            at.url + plan.path,
            connections=plan.connections,
            seconds=plan.seconds,
            fields={"Authorization": f"Bearer {token}"},
            cpus=client_cpus,
        )
        tell()
        return load, (at.cpu_seconds() - before) / load.requests

    with _served(plan, digest_of(token)) as running:
        for at in running.values():  # warm: code, caches, connections
            measure(at)
        measured = in_turn({name: partial(measure, at) for name, at in running.items()}, plan.rounds)
    return Comparison(
        {name: [load for load, _ in found] for name, found in measured.items()},
        {name: [seconds for _, seconds in found] for name, found in measured.items()},
    )


@contextmanager
def _served(plan: Plan, digest: bytes) -> Iterator[dict[str, Running]]:
    environment = applications.environment(plan.app, plan.server.edge, digest)
    server_cpus, _ = processors()
    with ExitStack() as stack:
        running = {}
        for subject in SUBJECTS:
            attribute = "guarded" if subject == "guarded" else "bare"
            app = f"{applications.__name__}:{attribute}"
            served = serve(plan.server, app, environment=environment, folder=Path.cwd(), cpus=server_cpus)
            running[subject] = stack.enter_context(served)
        yield running


def processors() -> tuple[list[int], list[int]]:
    """One processor for the server and another for the client, where there are two."""
    if not hasattr(os, "sched_getaffinity"):
        return [], []
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[:1], allowed[-1:]
