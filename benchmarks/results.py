"""Keep what a run measured, with what it was measured on, as JSON; `docs/benchmarks.md` is made from it."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.suite import Bar, Measurement

FOLDER = Path(__file__).parent / "results"
PACKAGES = (
    "bearerguard", "cachetools", "httpx", "anyio", "starlette", "fastapi", "flask", "werkzeug", "django",
    "uvicorn", "httptools", "granian", "hypercorn", "gunicorn", "mcp", "fastmcp", "PyJWT", "Authlib",
    "django-oauth-toolkit",
)  # fmt: skip


@dataclass(slots=True)
class Result:
    """What one scene gave."""

    title: str
    explains: str
    measurements: list[Measurement] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    seconds: float = 0.0


def describe_machine() -> dict[str, Any]:
    """Where this runs: what it says of itself, nothing that names it."""
    return {
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
    }


def describe_packages() -> dict[str, str]:
    """The versions of everything that takes part and is installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def load_average() -> float:
    """How busy the machine is: processes that want to run, over the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def save(path: Path, results: Mapping[str, Result], *, quick: bool, loads: Iterable[float]) -> None:
    """Write a run to a file, in place of another."""
    document = {
        "at": time.strftime("%Y-%m-%d", time.gmtime()),
        "quick": quick,
        "machine": describe_machine(),
        "packages": describe_packages(),
        "load": [round(load, 2) for load in loads],
        "scenes": {name: asdict(result) for name, result in results.items()},
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> tuple[dict[str, Any], dict[str, Result]]:
    """Read a run: what is said of it, and its scenes."""
    document = json.loads(path.read_text(encoding="utf-8"))
    scenes = {
        name: Result(
            title=scene["title"],
            explains=scene["explains"],
            measurements=[_measurement(one) for one in scene["measurements"]],
            bars=[Bar(**bar) for bar in scene["bars"]],
            seconds=scene["seconds"],
        )
        for name, scene in document.pop("scenes").items()
    }
    return document, scenes


def _measurement(members: Mapping[str, Any]) -> Measurement:
    return Measurement(**{**members, "values": tuple(members["values"])})


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
