"""`python -m bearerguard.demo [--once] [--svg FILE]`; the command `bearerguard demo` is the same."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bearerguard.demo.program import main


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bearerguard.demo", description=main.__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the requests")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the table into this file, and stop")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = read_arguments()
    sys.exit(main(arguments.once, picture=arguments.svg))
