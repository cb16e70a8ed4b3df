"""The table: with rich on a terminal and in a picture, as plain aligned text everywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich import box
from rich.table import Table
from rich.text import Text

from bearerguard.demo.rows import Row

GAP = "  "
GOOD, BAD = "ok", "SURPRISE"


def headings(rows: Sequence[Row]) -> list[str]:
    return ["#", "sent", "expected", "came", *(f"{name}\nms" for name in rows[0].services), ""]


def cells(number: int, row: Row) -> list[str]:
    """Give the text of one row, cell by cell."""
    took = [f"{answer.milliseconds:.1f}" for answer in row.answers]
    verdict = BAD if row.surprises else GOOD
    return [str(number), row.sent, row.expected_text, row.came_text, *took, verdict]


def rich_table(rows: Sequence[Row]) -> Table:
    """Draw it in colours."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in headings(rows):
        is_number = name == "#" or name.endswith("ms")
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for number, (row, after) in enumerate(zip_longest(rows, rows[1:]), 1):
        table.add_row(
            *_coloured(cells(number, row)), end_section=after is None or after.chapter != row.chapter
        )
    return table


def _coloured(texts: list[str]) -> Iterator[Text]:
    number, sent, expected, came, *took, verdict = texts
    good = verdict == GOOD
    yield Text(number, "dim")
    yield Text(sent)
    yield Text(expected, "dim")
    yield Text(came, _style_of(came) if good else "bold red")
    yield from (Text(one, "dim") for one in took)
    yield Text(verdict, "bold green" if good else "bold white on red")


def _style_of(came: str) -> str:
    return {"2": "green", "4": "yellow", "5": "magenta"}.get(came[:1], "red")


def plain_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Write it with spaces, a line between chapters; a cell of several lines stays a cell."""
    grid = [[text.split("\n") for text in headings(rows)]]
    grid += [[text.split("\n") for text in cells(number, row)] for number, row in enumerate(rows, 1)]
    widths = [max(len(line) for cell in column for line in cell) for column in zip(*grid, strict=True)]
    chapters = ["", *(row.chapter for row in rows)]
    for index, line in enumerate(grid):
        if index and chapters[index] != chapters[index - 1]:
            yield ""
        for texts in zip_longest(*line, fillvalue=""):
            yield GAP.join(text.ljust(width) for text, width in zip(texts, widths, strict=True)).rstrip()


def surprise_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Say of every surprise what it is."""
    for number, row in enumerate(rows, 1):
        yield from (f"row {number}, {surprise}" for surprise in row.surprises)


def verdict_line(rows: Sequence[Row]) -> str:
    surprising = sum(bool(row.surprises) for row in rows)
    sent = sum(len(row.answers) for row in rows)
    told = "none surprised" if not surprising else f"{surprising} surprised"
    return f"{len(rows)} rows, {sent} requests: {told}."
