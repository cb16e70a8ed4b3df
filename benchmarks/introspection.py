"""Measure what is promised of introspection, in one run, beside what it is compared with.

    python -m benchmarks.introspection [--quick]

A 503 in an outage beside a warm hit; a first miss beside a bare pooled call; a crowd with one
new token; a flood of unknown ones beside good traffic. The endpoint is a process of its own, behind
TLS, and has a core of its own where there are two. Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import logging
import platform
import sys

from bearerguard.clients._packages import httpx
from benchmarks import introspection_crowd, introspection_flood, introspection_miss, introspection_outage
from benchmarks.introspection_endpoint import Endpoint
from benchmarks.introspection_shared import pin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer calls: for a look, not for a figure")
    quick = parser.parse_args().quick
    logging.getLogger("bearerguard").addHandler(logging.NullHandler())  # floods are meant to be logged
    print(f"Python {platform.python_version()}, {httpx.__name__} {httpx.__version__}\n")
    bars = introspection_outage.measure(processes=1 if quick else 5, seconds=2.0 if quick else 3.0)
    with Endpoint() as endpoint:
        pin(0)
        bars += introspection_miss.measure(endpoint, rounds=200 if quick else 2_000)
        bars += introspection_crowd.measure(endpoint, tries=2 if quick else 5)
        bars += introspection_flood.measure(endpoint, seconds=2.0 if quick else 10.0)
    print(*bars, sep="\n")
    return 0 if all(bar.holds for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
