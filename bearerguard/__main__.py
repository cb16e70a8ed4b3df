"""`python -m bearerguard` is the command `bearerguard`."""

from __future__ import annotations

from bearerguard.cli import main

main(prog_name="bearerguard")
