"""The measurements of shared stores, on the servers of this machine.

    python -m benchmarks.stores lookup       a cold look-up beside the driver's own point read
    python -m benchmarks.stores revocation   revoked in one process, refused in eight others under load
    python -m benchmarks.stores millions     ten million tokens in PostgreSQL and in Redis

They make databases and keys of their own, and leave nothing. Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from benchmarks.introspection_shared import Bar
from benchmarks.stores.figures import print_conditions


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parse(arguments)
    logging.getLogger("bearerguard").setLevel(logging.ERROR)  # that Redis keeps nothing on disk is meant here
    print_conditions()
    bars: list[Bar] = importlib.import_module(f"benchmarks.stores.{chosen.measurement}").measure(
        **{name: value for name, value in vars(chosen).items() if name != "measurement"}
    )
    print()
    for bar in bars:
        print(bar)
    return 0 if all(bar.holds for bar in bars) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stores", description=__doc__.partition("\n")[0]
    )
    kinds = parser.add_subparsers(dest="measurement", required=True)
    lookup = kinds.add_parser("lookup", help="a cold look-up beside the driver's own point read")
    lookup.add_argument("--rounds", type=int, default=101, help="how often each has its turn")
    revocation = kinds.add_parser("revocation", help="revoked in one process, refused in eight others")
    revocation.add_argument("--revocations", type=int, default=240, help="for each engine and load")
    revocation.add_argument("--rounds", type=int, default=4, help="how often each kind has its turn")
    millions = kinds.add_parser("millions", help="ten million tokens in PostgreSQL and in Redis")
    millions.add_argument("--tokens", type=int, default=10_000_000)
    millions.add_argument("--look-ups", type=int, default=20_000, help="at each size")
    millions.add_argument("--only", choices=("postgresql", "redis"), help="one of the two")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
