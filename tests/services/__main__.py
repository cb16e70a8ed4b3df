"""Print what each client was answered by each service, and how the two edges compare.

`python -m tests.services` ends with 1 if anything is not as expected. A client that this machine has not is
left out, and counts as wrong where the environment variable CI is set.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from tests.services.clients.parities import compare
from tests.services.clients.playing import missing_for, play
from tests.services.clients.report import (
    Cells,
    clients_table,
    missing,
    parity_table,
    wrong_answers,
    wrong_cells,
)
from tests.services.clients.rows import Row
from tests.services.clients.services import SERVICES
from tests.services.clients.stage import Stage, set_up
from tests.services.clients.table import ROWS


def main() -> int:
    """Run everything; give the exit status."""
    logging.getLogger().addHandler(logging.NullHandler())  # what goes wrong is in the tables
    with set_up() as stage:
        cells = [_cells_of(row, stage) for row in ROWS]
        compared = {service: compare(service, stage) for service in SERVICES}
    print(clients_table(ROWS, cells), parity_table(compared), sep="\n\n")
    return ending(ROWS, cells, wrong_answers(compared))


def ending(rows: Sequence[Row], cells: Sequence[Cells], wrong: Sequence[str] = ()) -> int:
    """Print what is wrong, and give the exit status that says so."""
    pairs = list(zip(rows, cells, strict=True))
    left_out = [] if os.environ.get("CI") else [pair for pair in pairs if missing_for(pair[0].client)]
    kept = [pair for pair in pairs if pair not in left_out]
    lines = [*wrong_cells(kept), *wrong]
    others = f", but for {len(left_out)} rows that were left out" if left_out else ""
    print("", *(lines or [f"Everything is as expected{others}."]), sep="\n")
    return 1 if lines else 0


def _cells_of(row: Row, stage: Stage) -> Cells:
    reason = missing_for(row.client)
    return play(row, stage) if reason is None else missing(reason)


if __name__ == "__main__":
    sys.exit(main())
