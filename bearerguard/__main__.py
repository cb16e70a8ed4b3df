"""`python -m bearerguard` is the command `bearerguard`."""

from __future__ import annotations

from bearerguard.cli import main

if __name__ == "__main__":
    main(prog_name="bearerguard")
