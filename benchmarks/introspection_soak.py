"""Watch memory, open files and threads through an hour's worth of traffic, replayed quickly.

    python -m benchmarks.introspection_soak [--quick]

A second of that hour is 1,000 requests with warm tokens, six new good tokens and four that are junk.
Then the guard's clocks are moved ahead, so that what is cached grows old, and an outage's pauses pass,
as they would. In every tenth of it the endpoint is killed and started again, and later too slow to
wait for. The caches are small enough to be full before the first tenth is over: from there on nothing
may grow. Each edge has a process of its own. Ends with 1 when something grew.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import astuple, dataclass
from pathlib import Path

from bearerguard.clients.httpx import HttpxClient
from benchmarks.introspection_edges import Guard
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_replay import Replay, replay_asgi, replay_wsgi
from benchmarks.introspection_shared import ROOT, pin

HOUR_SECONDS = 3_600
QUICK_SECONDS = 300
TENTHS = 10
CACHE = {"max_entries": 250, "max_negative_entries": 40, "stale_if_error_seconds": 10.0}
TIMEOUT_SECONDS = 0.5
OUTAGE_SECONDS = 3  # of the hour: that long the endpoint is gone, and that long it is too slow

# What may differ between two looks at a program that keeps nothing: whether an arena of memory or an
# entry of a bounded dictionary is there at the moment. One thing kept by each request, or by each new
# token, is far more than this; a connection kept by each outage is nine of them.
GROWTH = 1.01
RSS_GROWTH_MIB = 5.0  # the arenas that glibc keeps for each thread take some tenths to fill
FILES_GROWTH = 5


class Clock:
    """The monotonic clock, which can be moved ahead."""

    ahead_seconds = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_seconds


@dataclass(frozen=True)
class Look:
    """What the process holds at one moment, its garbage collected."""

    rss_mib: float
    blocks: int
    objects: int
    files: int
    threads: int

    @classmethod
    def now(cls) -> Look:
        gc.collect()
        resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            rss_mib=resident_pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            blocks=sys.getallocatedblocks(),
            objects=len(gc.get_objects()),
            files=len(os.listdir("/proc/self/fd")),
            threads=threading.active_count(),
        )


class Soak:
    """The endpoint through the hour, and what the process holds meanwhile."""

    def __init__(self, endpoint: Endpoint, clock: Clock, replay: Replay, seconds: int) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self.replay = replay
        self.tenth_seconds = seconds // TENTHS
        self.looks = [Look.now()]

    def run(self) -> None:
        """Replay all of it; a look at the beginning, after every tenth, and when everything is closed."""
        for _ in range(TENTHS):
            for n in range(self.tenth_seconds):
                self.disturb(n)
                self.replay.one_second()
                self.clock.ahead_seconds += 1
            self.looks.append(Look.now())
        self.replay.close()
        self.looks.append(Look.now())

    def disturb(self, n: int) -> None:
        if n == self.tenth_seconds // 3:
            self.endpoint.stop()
        elif n == self.tenth_seconds // 3 + OUTAGE_SECONDS:
            self.endpoint.start()
        elif n == 2 * self.tenth_seconds // 3:
            self.endpoint.control(delay=4 * TIMEOUT_SECONDS)
        elif n == 2 * self.tenth_seconds // 3 + OUTAGE_SECONDS:
            self.endpoint.control(delay=0)

    def grown(self) -> list[str]:
        """Name what grew from the first tenth to the last, and what was left open."""
        begin, tenth, end, closed = (self.looks[n] for n in (0, 1, -2, -1))
        grown = {
            "resident memory": end.rss_mib - tenth.rss_mib > RSS_GROWTH_MIB,
            "allocated blocks": end.blocks > GROWTH * tenth.blocks,
            "objects": end.objects > GROWTH * tenth.objects,
            "open files": end.files - tenth.files > FILES_GROWTH,
            "threads": end.threads > tenth.threads,
            "files that stay open": closed.files > begin.files,
            "threads that stay": closed.threads > begin.threads,
        }
        return [name for name, is_so in grown.items() if is_so]


def one_edge(edge: str, seconds: int) -> int:
    logging.getLogger("bearerguard").addHandler(logging.NullHandler())  # outages are meant to be logged
    pin(0)
    clock, begun = Clock(), time.perf_counter()
    with Endpoint() as endpoint:
        http = HttpxClient(ca_file=endpoint.ca_file)
        guard = Guard(endpoint.url, http, monotonic=clock, timeout_seconds=TIMEOUT_SECONDS, **CACHE)
        endpoint.control()  # opens its own connection, before the first look
        replay = replay_asgi(guard) if edge == "ASGI" else replay_wsgi(guard)
        soak = Soak(endpoint, clock, replay, seconds)
        soak.run()
    taken_seconds = time.perf_counter() - begun
    tell(edge, seconds, taken_seconds, replay.statuses, soak.looks)
    missing = [kind for kind, statuses in replay.statuses.items() if not is_as_meant(kind, statuses)]
    for name in [*soak.grown(), *(f"answers to {kind} tokens" for kind in missing)]:
        print(f"NOT AS PROMISED: {name}")
    print("from the first tenth on nothing grew\n" if not soak.grown() else "")
    return 1 if soak.grown() or missing else 0


def is_as_meant(kind: str, statuses: Counter[int]) -> bool:
    """Tell whether every request got the one answer of its kind or 503, and most of them the first."""
    usual = 401 if kind == "junk" else 200
    return {usual, 503} >= set(statuses) and statuses[usual] > statuses[503]


def tell(
    edge: str, seconds: int, taken_seconds: float, statuses: dict[str, Counter[int]], looks: list[Look]
) -> None:
    print(f"{edge}: {seconds:,} seconds of traffic in {taken_seconds:.0f} s, the endpoint gone and too slow")
    for kind, counter in statuses.items():
        answers = ", ".join(f"{number:,} times {status}" for status, number in sorted(counter.items()))
        print(f"  {kind:5}{counter.total():>10,} requests: {answers}")
    print(f"  {'':16}{'RSS, MiB':>10}{'blocks':>11}{'objects':>10}{'files':>7}{'threads':>9}")
    names = ["at the begin", *(f"after {n}/{TENTHS}" for n in range(1, TENTHS + 1)), "closed"]
    for name, look in zip(names, looks, strict=True):
        rss_mib, blocks, objects, files, threads = astuple(look)
        print(f"  {name:16}{rss_mib:10.1f}{blocks:11,}{objects:10,}{files:7}{threads:9}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="five minutes' worth rather than an hour's")
    parser.add_argument("--edge", choices=("ASGI", "WSGI"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.edge:
        return one_edge(arguments.edge, QUICK_SECONDS if arguments.quick else HOUR_SECONDS)
    command = [
        sys.executable,
        "-m",
        "benchmarks.introspection_soak",
        *(["--quick"] if arguments.quick else []),
        "--edge",
    ]
    return max(subprocess.run([*command, edge], cwd=ROOT).returncode for edge in ("ASGI", "WSGI"))


if __name__ == "__main__":
    sys.exit(main())
