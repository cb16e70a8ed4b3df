"""Run the demo as a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

TIMEOUT_SECONDS = 60
COLOURFUL = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR")


def environment(folder: Path) -> dict[str, str]:
    """The demo makes its folder in here, so that a test can see what becomes of it."""
    plain = {name: value for name, value in os.environ.items() if name not in COLOURFUL}
    return {**plain, "TMPDIR": str(folder), "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}
