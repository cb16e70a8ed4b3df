"""The types that users see are the ones that are meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_a_type_checker_agrees_with_every_file_here() -> None:
    """An unused `type: ignore` is an error, so what must not pass is tested as well."""
    pytest.importorskip("mypy")
    files = [path for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
