"""One store, a line to it, four workers: where faults are played, and what they did is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from tests.faults import judging
from tests.faults.administrator import Administrator, opened
from tests.faults.engines import Engine
from tests.faults.judging import Outcome
from tests.faults.load import Load
from tests.faults.programs import LOOK_SECONDS, Program
from tests.faults.proxy import Proxy
from tests.faults.tokens import Book
from tests.faults.workers import working

LONGEST_RECOVERY_SECONDS = 40.0  # a store is left alone for 30 at most


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take: in earnest, and while tests run."""

    warm_seconds: float
    fault_seconds: float
    long_seconds: float
    unfed_max_age_seconds: float
    well_seconds: float  # so long every process has to answer without a 503, then it has recovered


FULL = Pace(
    warm_seconds=5.0, fault_seconds=8.0, long_seconds=30.0, unfed_max_age_seconds=5.0, well_seconds=2.0
)
QUICK = Pace(
    warm_seconds=0.6, fault_seconds=2.0, long_seconds=2.5, unfed_max_age_seconds=1.6, well_seconds=0.7
)


@dataclass
class Stage:
    """`line` is between the workers and their store, `open_line` between the administrator and it."""

    engine: Any
    line: Proxy
    open_line: Proxy
    ports: list[int]
    workers: list[Program]
    pace: Pace

    def play(self, scene: str, fault: Callable[[Stage], None]) -> Outcome:
        """Do this under load, and count."""
        book = Book()
        administrator = Administrator(self.engine.url(self.open_line.port), book)
        load = Load(self.ports, book)
        load.start()
        administrator.start()
        try:
            time.sleep(self.pace.warm_seconds)
            fault(self)
            ended_at = time.monotonic()
            is_well = self._wait_until_well(load)
        finally:
            administrator.stop()
            load.stop()
        return self._count(scene, load, administrator, ended_at if is_well else -inf)

    def lead_to(self, engine: Engine) -> None:
        """Lay both lines to another server, as who fails over does."""
        for proxy in (self.line, self.open_line):
            proxy.to = engine.port
            proxy.cut()

    def _wait_until_well(self, load: Load) -> bool:
        give_up_at = time.monotonic() + LONGEST_RECOVERY_SECONDS
        while (now := time.monotonic()) < give_up_at:
            since = now - self.pace.well_seconds
            late = [one for one in load.answers[-2_000:] if one.answered_at > since]
            fine = [one.process for one in late if one.status in (judging.OK, judging.UNAUTHORIZED)]
            if len(fine) == len(late) and len(set(fine)) >= judging.PROCESSES:
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def _count(self, scene: str, load: Load, administrator: Administrator, ended_at: float) -> Outcome:
        answers, unfed = load.answers, self.pace.unfed_max_age_seconds
        return Outcome(
            scene=scene,
            engine=self.engine.name,
            requests=len(answers),
            processes=len({one.process for one in answers} - {0}),
            passed_wrongly=sum(judging.passed_wrongly(one, unfed) for one in answers),
            refused_wrongly=sum(map(judging.refused_wrongly, answers)),
            unavailable=sum(one.status == judging.UNAVAILABLE for one in answers),
            revoked_passed_seconds=judging.revoked_passed_seconds(answers),
            stall_seconds=judging.stall_seconds(answers),
            recovery_seconds=judging.recovery_seconds(answers, ended_at),
            acknowledged=administrator.acknowledged,
            failed=administrator.failed,
            lost=administrator.lost(self.engine.url(self.open_line.port)),
        )


@contextmanager
def staged(engine: Any, folder: Path, pace: Pace, *, url: str | None = None) -> Iterator[Stage]:
    """Set the stage over a server that answers; `url` is for workers that are not to go through the line."""
    line, open_line = Proxy(engine.port), Proxy(engine.port)
    with opened(engine.url(engine.port), create=True):
        pass  # there are tables now
    wanted = url or engine.url(line.port)
    try:
        with working(wanted, folder, unfed_max_age_seconds=pace.unfed_max_age_seconds) as (ports, programs):
            yield Stage(engine, line, open_line, ports, programs, pace)
    finally:
        line.close()
        open_line.close()
