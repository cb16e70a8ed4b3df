"""Say in a line why another program failed."""

from __future__ import annotations


def last_line(said: bytes) -> str:
    """What a program said last: of a traceback, the exception."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it said nothing")
