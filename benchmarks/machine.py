"""What a run was measured on: the machine as it tells of itself, the versions, and how busy it was."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bearerguard.bench.load import find_wrk
from bearerguard.bench.serving import PLAIN_LOOP

PACKAGES = (
    "bearerguard", "cachetools", "anyio", "httpx", "httpcore", "httpx2", "httpcore2", "requests", "starlette",
    "fastapi", "flask", "werkzeug", "django", "uvicorn", "uvloop", "httptools", "granian", "hypercorn",
    "gunicorn", "mcp", "fastmcp", "PyJWT", "joserfc", "cryptography", "Authlib", "django-oauth-toolkit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Nothing in it names the machine, or whose it is. `event_loop` is that of all servers."""

    processor: str
    processors: int
    system: str
    python: str
    sqlite: str
    wrk: str | None
    event_loop: str
    packages: dict[str, str]


def describe_machine() -> Machine:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        processor=_processor(),
        processors=processors or 1,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        wrk=_wrk_version(),
        event_loop=PLAIN_LOOP,
        packages=_packages(),
    )


def load_average() -> float:
    """How busy the machine is: processes that want to run, over the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def _packages() -> dict[str, str]:
    """The versions of everything that takes part and is installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _wrk_version() -> str | None:
    """Give its version; its first line is `wrk 4.1.0 [epoll] ...`, on Debian `wrk debian/4.1.0-3+b2 ...`."""
    program = find_wrk()
    if program is None:
        return None
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stdout.split()
    return said[1].removeprefix("debian/") if len(said) > 1 else None
