"""Measure the warm path in several processes, one after another, each with one group of cases.

    python -m benchmarks.scenes._warm_processes GROUP SECONDS [--peers]

prints what one process found, as JSON. One process can be off by microseconds for reasons of memory
layout, so what counts is the median over several.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.scenes import _warm_blocks, _warm_cases, _warm_frameworks, _warm_signed
from benchmarks.scenes._warm_cases import Case

ROOT = Path(__file__).parents[2]
RAW = ("asgi", "wsgi")
SIGNED = "signed"
FRAMEWORKS = ("fastapi", "flask", "django")
OURS = ("bearerguard", "benchmarks")
NOT_INSTALLED = 3
MODULE = "benchmarks.scenes._warm_processes"

Found = dict[str, dict[str, Any]]
"""By case: its `figures` by subject, and why others are `missing`."""


def measure_in_processes(
    groups: tuple[str, ...], processes: int, *, seconds: float, peers: bool, tell: Callable[[str], None]
) -> Iterator[Found]:
    """Start process after process, and give what each round of them found. `seconds` are for each case."""
    for number in range(processes):
        found: Found = {}
        for group in groups:
            tell(f"{group}, process {number + 1} of {processes}")
            found |= _measure_in_process(group, seconds, peers=peers)
        yield found


def _measure_in_process(group: str, seconds: float, *, peers: bool) -> Found:
    command = [sys.executable, "-m", MODULE, group, str(seconds), *(["--peers"] if peers else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == NOT_INSTALLED:
        reason = f"Not installed: {done.stdout.strip()}."
        missing = dict.fromkeys(_warm_frameworks.PEERS[group], reason)
        return {_warm_frameworks.CASES[group]: {"figures": {}, "missing": missing}}
    if done.returncode != 0:
        raise RuntimeError(f"the process for {group} failed:\n{done.stderr}")
    found: Found = json.loads(done.stdout.splitlines()[-1])  # a peer may have printed before
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("group", choices=[*RAW, SIGNED, *FRAMEWORKS])
    parser.add_argument("seconds", type=float)
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            cases = _cases(arguments.group, Path(folder), peers=arguments.peers)
        except ModuleNotFoundError as error:
            if arguments.group in (*RAW, SIGNED) or str(error.name).startswith(OURS):
                raise
            print(error.name)
            return NOT_INSTALLED
        loop = asyncio.new_event_loop()
        found = {}
        for case in cases:
            figures = _warm_blocks.measure(case, arguments.seconds, loop)
            found[case.name] = {"figures": figures, "missing": case.missing}
        loop.close()
    print(json.dumps(found))
    return 0


def _cases(group: str, folder: Path, *, peers: bool) -> list[Case]:
    builders: dict[str, Callable[[], list[Case]]] = {
        "asgi": lambda: _warm_cases.asgi_cases(peers=peers),
        "wsgi": _warm_cases.wsgi_cases,
        SIGNED: _warm_signed.cases,
        "fastapi": _warm_frameworks.fastapi_cases,
        "flask": _warm_frameworks.flask_cases,
        "django": lambda: _warm_frameworks.django_cases(folder),
    }
    return builders[group]()


if __name__ == "__main__":
    sys.exit(main())
