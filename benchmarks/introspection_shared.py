"""What the measurements of introspection share: who asks whom, what is promised, and a core for each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CLIENT_ID = "api"
CLIENT_SECRET = "benchmark"
RESOURCE = "https://api.example.org"


@dataclass(frozen=True)
class Bar:
    """One thing that was promised, and what came of it."""

    name: str
    value: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.value <= self.limit

    def __str__(self) -> str:
        return f"{self.name:66}{self.value:9.2f}   <= {self.limit:g}  {'ok' if self.holds else 'MISSED'}"


def pin(core: int) -> None:
    """Keep this process to one core, where the system can: whoever asks and whoever answers need two."""
    # Counted in all, since a process begins with the one core of whoever started it.
    number = core % (os.cpu_count() or 1)
    try:
        os.sched_setaffinity(0, {number})
    except (AttributeError, OSError):  # not on this system, or not a core of ours
        return


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
