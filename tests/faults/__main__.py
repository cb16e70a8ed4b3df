"""Play every fault and print what it did: `python -m tests.faults [--quick] [ENGINE...] [SCENE...]`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from tests.faults.judging import Outcome
from tests.faults.plays import PLAYS, Play
from tests.faults.programs import Missing
from tests.faults.stage import FULL, QUICK, Pace
from tests.faults.table import cells, head, line


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--quick", action="store_true", help="short faults, for a first look")
    parser.add_argument("names", nargs="*", help="engines and scenes; all without")
    given = parser.parse_args()
    logging.getLogger("bearerguard").propagate = False
    logging.getLogger("bearerguard").addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers are to be ended then too
    print(head(), flush=True)
    broken = 0
    for outcome in outcomes(given.names, QUICK if given.quick else FULL):
        broken += len(outcome.broken)
        print(line(cells(outcome)) + "".join(f"   <- {what}" for what in outcome.broken), flush=True)
    print(f"\n{broken} broken promises")
    return 1 if broken else 0


def outcomes(names: list[str], pace: Pace) -> Iterator[Outcome]:
    engines = [name for name in PLAYS if name in names] or list(PLAYS)
    wanted = [name for name in names if name not in PLAYS]
    for engine in engines:
        for play in PLAYS[engine]:
            yield from _played(play, engine, wanted, pace)


def _played(play: Play, engine: str, wanted: list[str], pace: Pace) -> Iterator[Outcome]:
    scenes = {name: fault for name, fault in play.scenes.items() if not wanted or name in wanted}
    if not scenes:
        return
    try:
        with ExitStack() as stack:
            stage = stack.enter_context(play.setting(pace))
            for name, fault in scenes.items():
                yield stage.play(name, fault)
    except Missing as error:
        print(f"{engine}: {error} is not there")


if __name__ == "__main__":
    sys.exit(main())
