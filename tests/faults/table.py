"""How an outcome is shown: a row of a table in Markdown."""

from __future__ import annotations

from math import isinf

from tests.faults.judging import Outcome

HEADINGS = (
    "fault",
    "store",
    "requests",
    "passed wrongly",
    "refused wrongly",
    "503",
    "revoked passed for",
    "longest stall",
    "recovered after",
    "acknowledged",
    "failed",
    "lost",
)
WIDTHS = (16, 10, 8, 14, 15, 6, 18, 13, 15, 12, 6, 4)


def cells(outcome: Outcome) -> tuple[str, ...]:
    recovery = "never" if isinf(outcome.recovery_seconds) else f"{outcome.recovery_seconds:.1f} s"
    return (
        outcome.scene,
        outcome.engine,
        str(outcome.requests),
        str(outcome.passed_wrongly),
        str(outcome.refused_wrongly),
        str(outcome.unavailable),
        f"{outcome.revoked_passed_seconds * 1_000:.0f} ms",
        f"{outcome.stall_seconds * 1_000:.0f} ms",
        recovery,
        str(outcome.acknowledged),
        str(outcome.failed),
        str(outcome.lost),
    )


def head() -> str:
    return line(HEADINGS) + "\n|" + "|".join("-" * (width + 2) for width in WIDTHS) + "|"


def line(shown: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(shown, WIDTHS, strict=True)) + " |"
