"""Print what a request of one kind does, as its pins are written: python -m tests.perf header."""

from __future__ import annotations

import sys

from tests.perf.edges import EDGES
from tests.perf.scenes import KINDS, Scene
from tests.perf.telling import as_literal

for kind in sys.argv[1:] or KINDS:
    for edge in EDGES:
        print(f"# {kind}\n{edge.upper()} = {as_literal(Scene(kind, edge).calls())}\n")
