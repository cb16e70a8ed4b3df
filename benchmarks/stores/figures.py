"""What the measurements of stores print: a table, what was promised, and how they were taken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.machine import describe_machine

PACKAGES = ("SQLAlchemy", "psycopg", "PyMySQL", "asyncmy", "redis")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The first column is words, the others are figures."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, ["-" * width for width in widths], *rows):
        first, *others = row
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]))


def print_conditions() -> None:
    """Say on what it ran; load averages, since a machine that others use is slower for everybody."""
    machine = describe_machine()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    loads = " ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{machine.processor}, {machine.processors} processors, {machine.system}, {machine.python}")
    print(f"{packages}; load averages {loads}\n")
