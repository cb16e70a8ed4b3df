"""Four worker processes over one store: two of gunicorn, forked from one that has it, two of uvicorn.

Each has a port of its own, since processes that share one do not share its connections evenly.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.faults.programs import Program, free_port, wait_until
from tests.faults.words import STORE_VARIABLE, UNFED_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
QUIET_SECONDS = "75"  # a connection may be quiet for as long


def _commands() -> dict[int, list[str]]:
    makers = (_gunicorn, _uvicorn, _gunicorn, _uvicorn)
    return {port: [sys.executable, "-m", *make(port)] for make in makers for port in (free_port(),)}


def _gunicorn(port: int) -> list[str]:
    threads = ["--workers", "1", "-k", "gthread", "--threads", "16", "--preload", "--timeout", "90"]
    place = ["--keep-alive", QUIET_SECONDS, "-b", f"127.0.0.1:{port}", "--no-control-socket"]
    return ["gunicorn", *threads, *place, "tests.faults.guarded:wsgi"]


def _uvicorn(port: int) -> list[str]:
    place = ["--port", str(port), "--timeout-keep-alive", QUIET_SECONDS, "--no-access-log"]
    return ["uvicorn", *place, "tests.faults.guarded:asgi"]


@contextmanager
def working(
    url: str, folder: Path, *, unfed_max_age_seconds: float
) -> Iterator[tuple[list[int], list[Program]]]:
    """Have them over this store: the ports, and the programs."""
    environment = {
        **os.environ,
        STORE_VARIABLE: url,
        UNFED_VARIABLE: str(unfed_max_age_seconds),
        "PYTHONPATH": str(ROOT),
        "PYTHONSAFEPATH": "1",
    }
    with ExitStack() as stack:
        programs = {}
        for port, command in _commands().items():
            programs[port] = Program(command, folder / f"workers-{port}.log")
            programs[port].start(environment)
            stack.callback(programs[port].kill)
        for port, program in programs.items():
            wait_until(lambda port=port: _listens(port), f"see {program.log}")  # type: ignore[misc]
        yield list(programs), list(programs.values())


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
