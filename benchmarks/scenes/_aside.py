"""Measure in a process of its own, on a processor of its own: endpoints and clients get the other one.

    python -m benchmarks.scenes._aside MODULE --seconds-left N [--quick]

calls the module's `measure`, and writes what it gives, tells and leaves out as lines of JSON. So
nothing of it, no package of a peer and no full heap, is left for the scenes that come later.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from benchmarks.introspection_shared import ROOT, pin
from benchmarks.suite import Measurement, Run

MARK = "measured: "  # peers may print lines of their own
SAID_CHARACTERS = 2_000


def measure_aside(module: str, run: Run) -> Iterator[Measurement]:
    """Give what a module measures. Raises RuntimeError when its process fails."""
    command = [sys.executable, "-m", __name__, module, "--seconds-left", str(run.seconds_left())]
    command += ["--quick"] if run.quick else []
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            yield from _read(process, run)
            if process.wait() != 0:
                said.seek(0)
                raise RuntimeError(f"the process of {module} failed:\n{said.read()[-SAID_CHARACTERS:]}")
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _read(process: subprocess.Popen[str], run: Run) -> Iterator[Measurement]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(MARK):
            members = json.loads(line.removeprefix(MARK))
            if "tell" in members:
                run.tell(members["tell"])
            elif "leave_out" in members:
                run.leave_out(members["leave_out"])
            else:
                yield Measurement(**{**members, "values": tuple(members["values"])})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds-left", type=float, required=True)
    arguments = parser.parse_args()
    run = Run(
        quick=arguments.quick,
        ends_at=time.monotonic() + arguments.seconds_left,
        tell=lambda text: _write({"tell": text}),
        leave_out=lambda text: _write({"leave_out": text}),
    )
    pin(0)
    module: Any = importlib.import_module(arguments.module)
    for measurement in module.measure(run):
        _write(asdict(measurement))


def _write(members: dict[str, Any]) -> None:
    print(MARK + json.dumps(members), flush=True)


if __name__ == "__main__":
    main()
