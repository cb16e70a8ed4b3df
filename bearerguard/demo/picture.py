"""Draw the table as an SVG that reads well on a light page and on a dark one, and fetches nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from rich.console import Console

from bearerguard.demo.rows import Row
from bearerguard.demo.table import rich_table, verdict_line

COLUMNS = 110
TITLE = "python3 run.py demo"
# Rich's own drawing has its letters fetched from somebody's server: not from a page of ours.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\n\s*", re.DOTALL)


def picture(rows: Sequence[Row]) -> str:
    """Give the SVG."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(rich_table(rows))
    console.print(verdict_line(rows), style="bold", highlight=False)
    return _FONT_FACE.sub("", console.export_svg(title=TITLE, unique_id="demo"))
