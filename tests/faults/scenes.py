"""The faults that a stage goes through: each makes one, waits, and undoes it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

from tests.faults.stage import Stage

Fault = Callable[[Stage], None]

DOWN_SECONDS = 2.0  # from a kill to the next start
CUT_EVERY_SECONDS = 0.4
SLOW_SECONDS = 0.15  # in each direction
TOO_SLOW_SECONDS = 2.5  # longer than a store waits


def nothing(stage: Stage) -> None:
    time.sleep(stage.pace.fault_seconds)


def kill_store(stage: Stage) -> None:
    stage.engine.program.kill()
    time.sleep(min(DOWN_SECONDS, stage.pace.fault_seconds / 2))
    stage.engine.start()


def freeze_store(stage: Stage) -> None:
    stage.engine.program.freeze()
    time.sleep(stage.pace.long_seconds)
    stage.engine.program.thaw()


def slow_line(stage: Stage) -> None:
    _delayed(stage, SLOW_SECONDS)


def too_slow_line(stage: Stage) -> None:
    _delayed(stage, TOO_SLOW_SECONDS)


def cut_line(stage: Stage) -> None:
    over_at = time.monotonic() + stage.pace.fault_seconds
    while time.monotonic() < over_at:
        stage.line.cut()
        time.sleep(CUT_EVERY_SECONDS)


def dead_line(stage: Stage) -> None:
    stage.line.black_hole()
    time.sleep(stage.pace.fault_seconds)
    stage.line.revive()


def dead_answers(stage: Stage) -> None:
    """What the workers say arrives; what the store says does not."""
    stage.line.black_hole(answers_only=True)
    time.sleep(stage.pace.fault_seconds)
    stage.line.revive()


def dead_line_and_cut(stage: Stage) -> None:
    """A dead line that forgets its connections, as a firewall that is started again."""
    stage.line.black_hole()
    time.sleep(stage.pace.fault_seconds)
    stage.line.cut()
    stage.line.revive()


def no_connections(stage: Stage) -> None:
    """Somebody else has them all; the workers have lost theirs."""
    stage.line.black_hole()
    stage.line.cut()
    with ExitStack() as held:
        while _hold_one_more(stage, held):
            pass
        stage.line.revive()
        over_at = time.monotonic() + stage.pace.fault_seconds
        while time.monotonic() < over_at:
            if not _hold_one_more(stage, held):
                time.sleep(0.05)


def slow_query(stage: Stage) -> None:
    stage.engine.slow_query(stage.pace.fault_seconds)


def frozen_worker(stage: Stage) -> None:
    """Two of the workers do nothing for a while, with all that they have in memory."""
    sleepers = [program.family()[-1] for program in stage.workers[:2]]
    _signal(sleepers, signal.SIGSTOP)
    time.sleep(stage.pace.fault_seconds)
    _signal(sleepers, signal.SIGCONT)


def full_disk(stage: Stage) -> None:
    """What acknowledges nothing that it cannot keep may end then; it is started again when there is room."""
    ballast = stage.engine.folder / "ballast"
    with ballast.open("wb") as file:
        over_at = time.monotonic() + stage.pace.fault_seconds
        while time.monotonic() < over_at:
            _fill(file)
            time.sleep(0.02)
    ballast.unlink()
    stage.engine.start()


def promoted_replica(stage: Stage) -> None:
    """The primary is killed, and its replica is told to take over."""
    primary, replica = stage.engine, stage.engine.replica
    primary.program.kill()
    time.sleep(DOWN_SECONDS)
    replica.promote()
    stage.engine = replica
    stage.lead_to(replica)


def elected_replica(stage: Stage) -> None:
    """The primary is killed, and the sentinels choose another; it comes back as a replica."""
    killed = stage.engine.primary()
    killed.program.kill()
    stage.engine.wait_for_another(killed)
    killed.start()


def frozen_primary(stage: Stage) -> None:
    """The primary does nothing for a while; when it goes on, it believes for a moment that it is one yet."""
    frozen = stage.engine.primary()
    frozen.program.freeze()
    stage.engine.wait_for_another(frozen)
    time.sleep(stage.pace.fault_seconds)
    frozen.program.thaw()


def _delayed(stage: Stage, seconds: float) -> None:
    stage.line.delay_seconds = seconds
    time.sleep(stage.pace.fault_seconds)
    stage.line.delay_seconds = 0.0


def _hold_one_more(stage: Stage, held: ExitStack) -> bool:
    try:
        held.enter_context(closing(stage.engine.connect()))
    except stage.engine.failures:
        return False
    return True


def _fill(file: Any) -> None:
    for block in (1 << 20, 1 << 12, 1):
        try:
            while True:
                os.write(file.fileno(), bytes(block))
        except OSError:
            pass  # no room for so much


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        os.kill(process, number)


SCENES: dict[str, Fault] = {
    "nothing": nothing,
    "kill -9, restart": kill_store,
    "frozen": freeze_store,
    "line slow": slow_line,
    "line too slow": too_slow_line,
    "line cut": cut_line,
    "line dead": dead_line,
    "answers dead": dead_answers,
    "line dead, cut": dead_line_and_cut,
    "no connections": no_connections,
    "slow query": slow_query,
    "workers frozen": frozen_worker,
}
