"""Send good traffic alone and beside each flood, in turn; and look at what a flood leaves in memory."""

from __future__ import annotations

import asyncio
import gc
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bearerguard.bench.figures import in_turn
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_flood import WARM_TOKENS, Traffic, Watched, run_asgi, run_wsgi, token_of
from benchmarks.introspection_shared import quantile
from benchmarks.introspection_soak import Look
from benchmarks.scenes._abuse_floods import FLOODS, Inactive, MixedGuard, schedule
from benchmarks.suite import Measurement, Run

ALONE = "good traffic alone"
DELAY_SECONDS = 0.1
IN_TIME_SECONDS = 1.0
FILLING = 11_000  # unknown tokens: more than the cache of refused ones holds

IN_TIME, P99, CALLS, IN_FLIGHT = "answers in time/s", "ms, p99", "calls/s", "at once, at most"
WARM, NEW, UPSTREAM = "warm tokens", "new good tokens", "calls to the endpoint"
MEMORY, GROWN, GROWN_MORE = "resident memory after a flood", "MiB", "MiB more from then on"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What became of one stretch of traffic; `calls` are those for tokens that were new in it."""

    traffic: Traffic
    seconds: float
    calls: int

    def in_time(self, kind: str) -> float:
        """Requests a second that were answered with 200 within a second of when they were due."""
        return sum(taken <= IN_TIME_SECONDS for taken in self.traffic.seconds[kind]) / self.seconds

    def p99_ms(self) -> float:
        return 1e3 * quantile(self.traffic.seconds["warm"], 0.99)


def name_of(flood: str) -> str:
    return f"beside {flood}"


def measure(run: Run) -> Iterator[Measurement]:
    logging.disable(logging.CRITICAL)  # that an endpoint is busy is meant to be logged
    with tempfile.TemporaryDirectory() as folder:
        with Endpoint() as endpoint:
            for edge in ("ASGI", "WSGI"):
                if not run.may_begin(edge):
                    continue
                run.tell(edge)
                send = partial(one_stretch, endpoint, Path(folder), edge, seconds=run.choose(4, 1))
                subjects = {ALONE: partial(send, flood=None)}
                subjects |= {name_of(name): partial(send, flood=flood) for name, flood in FLOODS.items()}
                yield from join(edge, in_turn(subjects, run.choose(3, 1)))
        for name, flood in FLOODS.items():
            if run.may_begin(f"memory after a flood of {name}"):
                run.tell(f"memory, {name}")
                yield from memory(Path(folder), name, flood, more=run.choose(40_000, 4_000))


def one_stretch(
    endpoint: Endpoint, folder: Path, edge: str, *, seconds: float, flood: Callable[[], str] | None
) -> Stretch:
    http = Watched(ca_file=endpoint.ca_file)
    guard = MixedGuard(folder, endpoint.url, http)
    dues = schedule(seconds, flood)
    endpoint.control(delay=0)
    for n in range(WARM_TOKENS):  # the cache is that of both edges
        assert guard.ask_wsgi(token_of("warm", n)) == 200
    endpoint.control(delay=DELAY_SECONDS)
    traffic = asyncio.run(run_asgi(guard, dues)) if edge == "ASGI" else run_wsgi(guard, dues)
    guard.store.close()
    traffic.most_in_flight = http.most_in_flight
    if not traffic.seconds["warm"] or set(traffic.statuses["flood"]) - {401, 503}:
        raise RuntimeError(f"{edge}: the traffic was answered with {traffic.statuses}")
    return Stretch(traffic, seconds, endpoint.control()["calls"])


def join(edge: str, taken: Mapping[str, Sequence[Stretch]]) -> Iterator[Measurement]:
    figures: dict[tuple[str, str], Callable[[Stretch], float]] = {
        (WARM, IN_TIME): lambda stretch: stretch.in_time("warm"),
        (WARM, P99): Stretch.p99_ms,
        (NEW, IN_TIME): lambda stretch: stretch.in_time("new"),
        (UPSTREAM, CALLS): lambda stretch: stretch.calls / stretch.seconds,
        (UPSTREAM, IN_FLIGHT): lambda stretch: float(stretch.traffic.most_in_flight),
    }
    for (what, unit), figure in figures.items():
        alone = [figure(stretch) for stretch in taken[ALONE]]
        for name, stretches in taken.items():
            yield Measurement(
                case=f"{edge}, {what}",
                subject=name,
                unit=unit,
                values=tuple(map(figure, stretches)),
                versus=None if name == ALONE or not all(alone) else ALONE,
                more_is_better=unit == IN_TIME,
                is_drawn=unit != IN_FLIGHT,
            )


def memory(folder: Path, name: str, flood: Callable[[], str], *, more: int) -> Iterator[Measurement]:
    """Send unknown tokens until every cache is full, and then some more."""
    guard = MixedGuard(folder, "https://as.example.org/introspect", Inactive())

    def send(number: int) -> float:
        for _ in range(number):
            assert guard.ask_wsgi(flood()) == 401
        gc.collect()
        return Look.now().rss_mib

    before = send(1)
    full = send(FILLING)
    after = send(more)
    guard.server.close()
    guard.store.close()
    for unit, grown in ((GROWN, full - before), (GROWN_MORE, after - full)):
        yield Measurement(case=MEMORY, subject=name, unit=unit, values=(grown,), is_drawn=unit == GROWN)
