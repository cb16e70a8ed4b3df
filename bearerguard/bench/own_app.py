"""Measure an application bare and guarded, on a real server and over loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bearerguard.bench import applications
from bearerguard.bench.figures import Interval, in_turn, median, ratio
from bearerguard.bench.load import Load, LoadError, send_load, status_of
from bearerguard.bench.output import last_line
from bearerguard.bench.serving import Running, Server, ServerError, serve
from bearerguard.stores import digest_of, issue

SUBJECTS = ("bare", "bare again", "guarded")
# Looked at in a process of its own, as the server will import it: what it does then is its own business.
_LOOK = f"import sys; from {applications.__name__} import find_kind; sys.exit(find_kind(*sys.argv[1:]))"


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
    fields = {"Authorization": f"Bearer {token}"}
    _, client_cpus = processors()
    if plan.app is not None:
        check_app(plan.app, plan.server)

    def measure(at: Running) -> tuple[Load, float]:
        before = at.cpu_seconds()
        load = send_load(
            at.url + plan.path,
            connections=plan.connections,
            seconds=plan.seconds,
            fields=fields,
            cpus=client_cpus,
        )
        tell()
        return load, (at.cpu_seconds() - before) / load.requests

    with _served(plan, digest_of(token)) as running:
        for subject, at in running.items():
            check_answer(plan, subject, at, fields)
        for at in running.values():  # warm: code, caches, connections
            measure(at)
        measured = in_turn({name: partial(measure, at) for name, at in running.items()}, plan.rounds)
    return Comparison(
        {name: [load for load, _ in found] for name, found in measured.items()},
        {name: [seconds for _, seconds in found] for name, found in measured.items()},
    )


def check_app(app: str, server: Server) -> None:
    """Raise ServerError, with the reason, unless the server will be able to import and call it."""
    done = subprocess.run(  # noqa: S603 - the application that is to be served
        [sys.executable, "-c", _LOOK, app, server.edge],
        cwd=Path.cwd(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode == applications.OF_ANOTHER_KIND:
        raise ServerError(f"{app} is not {server.kind}, which {server.package} serves: see --server")
    if done.returncode:
        raise ServerError(f"{app} cannot be imported here: {last_line(done.stderr)}")


def check_answer(plan: Plan, subject: str, at: Running, fields: Mapping[str, str]) -> None:
    """Raise LoadError unless it answers 2xx or 3xx: of a refusal nothing is to be learnt."""
    status = status_of(at.url + plan.path, fields)
    if not 200 <= status < 400:
        raise LoadError(
            f"{subject}, the application answers {status} to GET {plan.path}, and to be measured it must "
            "answer 2xx or 3xx: see --path"
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
