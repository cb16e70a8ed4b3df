"""Print the table as it turns out now: `python -m tests.hostile`."""

from __future__ import annotations

import logging
import sys

from tests.hostile.rows import Row
from tests.hostile.running import Became, run_row
from tests.hostile.table import SECTIONS
from tests.support import AsgiEdge, WsgiEdge

HEADINGS = ("behaviour", "ASGI", "WSGI", "calls", "seconds", "KiB", "reason")
WIDTHS = (48, 13, 13, 5, 9, 4, 0)


def main() -> int:
    logging.getLogger("bearerguard").propagate = False
    differ = 0
    for section, rows in SECTIONS.items():
        print(f"\n{section}\n")
        print(_line(HEADINGS))
        for row in rows:
            both = run_row(row, AsgiEdge()), run_row(row, WsgiEdge())
            is_expected = all(row.fits(became) for became in both)
            differ += not is_expected
            print(_line(_cells(row, *both)) + ("" if is_expected else "   <- not as expected"))
    print(f"\n{sum(map(len, SECTIONS.values()))} behaviours, {differ} not as expected")
    return 1 if differ else 0


def _cells(row: Row, asgi: Became, wsgi: Became) -> tuple[str, ...]:
    def statuses(became: Became) -> str:
        return " ".join(str(status) for status, _ in became.answers)

    def both(one: object, other: object) -> str:
        return str(one) if one == other else f"{one}/{other}"

    reasons = dict.fromkeys(reason for became in (asgi, wsgi) for _, reason in became.answers if reason)
    peak = max(asgi.peak_bytes, wsgi.peak_bytes) // 1024
    return (
        row.name if len(row.name) <= WIDTHS[0] else row.name[: WIDTHS[0] - 3] + "...",
        statuses(asgi),
        statuses(wsgi),
        both(asgi.calls, wsgi.calls),
        f"{asgi.seconds:.2f} {wsgi.seconds:.2f}",
        str(peak) if row.peak_bytes else "",
        "; ".join(reasons),
    )


def _line(cells: tuple[str, ...]) -> str:
    return " | ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
