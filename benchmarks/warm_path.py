"""Measure what the guard adds to a warm request: a header token that the cache knows.

    python benchmarks/warm_path.py [--processes 5] [--seconds 1]

The scene `warm` of the benchmark suite, without the peers: beside the bare application and the floor,
the least that any guard must do. The figure is the median over the processes. Ends with 1 when
bearerguard costs more than 2.0 times the floor for a token in the header; a route's scope and the
other ways of sending a token are shown beside that.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from bearerguard.bench.figures import ratio  # noqa: E402
from benchmarks.scenes._warm_cases import FLOOR, OURS  # noqa: E402
from benchmarks.scenes._warm_memory import bytes_per_token  # noqa: E402
from benchmarks.scenes._warm_processes import RAW, Found, measure_in_processes  # noqa: E402
from benchmarks.scenes.warm import FLOOR_LIMIT  # noqa: E402

IN_HEADER = ("one token", "2,000 tokens in turn")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=5, help="how many of each kind, one after another")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each case in each process")
    arguments = parser.parse_args()
    rounds = measure_in_processes(
        RAW,
        arguments.processes,
        seconds=arguments.seconds,
        peers=False,
        tell=lambda text: print(text, file=sys.stderr),
    )
    return report(list(rounds))


def report(rounds: Sequence[Found]) -> int:
    print(f"added µs per warm request, median of {len(rounds)} processes (lowest to highest)\n")
    print(f"{'':38}{'floor':>8}{'bearerguard':>14}{'spread':>18}{'times the floor':>18}")
    worst = 0.0
    for case in rounds[0]:
        floor = [one[case]["figures"][FLOOR] for one in rounds]
        ours = [one[case]["figures"][OURS] for one in rounds]
        times = ratio(ours, floor).middle
        if case.endswith(IN_HEADER):
            worst = max(worst, times)
        spread = f"{min(ours):.2f} to {max(ours):.2f}"
        medians = f"{statistics.median(floor):8.2f}{statistics.median(ours):14.2f}"
        print(f"{case:38}{medians}{spread:>18}{times:18.2f}")
    print(f"\none cached token, facts and key and all: {bytes_per_token():.0f} bytes")
    print(f"a token in the header costs at most {worst:.2f} times the floor; the bar is {FLOOR_LIMIT}")
    return 0 if worst <= FLOOR_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
