"""Show a run on a terminal, wide or narrow: progress, a table for each scene, and the bars at the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from benchmarks.results import Result
from benchmarks.rows import Cells, Group, bar_cells, groups_of
from benchmarks.suite import MISSED, NOT_JUDGED, OK, Bar

GAP = 2  # between columns
LEAST_WIDTH, LEAST_FIRST = 40, 16  # of a line and of its first column, however narrow the terminal
TITLE, HEADING, FAINT, OURS = "bold underline", "bold", "dim", "cyan"
STYLES = {OK: "green", NOT_JUDGED: "yellow", MISSED: "bold red"}
ORDER = (OK, NOT_JUDGED, MISSED)  # so that what was missed is read last, and remains on the screen


class Terminal:
    """Where a run is shown."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    @contextmanager
    def progress(self, name: str, seconds: float) -> Iterator[Progress]:
        """Show how much of a scene's time is over, and what it is at; where nobody looks, one line."""
        if not self._console.is_terminal:
            self._console.print(f"{name}: up to {seconds:.0f} s")
        columns = (TextColumn(name), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self._console, transient=True) as progress:
            yield progress

    def show(self, name: str, result: Result) -> None:
        """Print a scene: ratios first."""
        self._print("")
        self._print(f"{name}: {result.title} ({result.seconds:.0f} s)", style=TITLE)
        if result.failure is not None:
            self._wrapped(f"Failed: {result.failure}", STYLES[MISSED])
        groups = list(groups_of(result.measurements))
        for group in groups:
            # Below each other stand columns of one kind: those along an axis, or those beside each other.
            alike = [one for one in groups if one.header[:1] == group.header[:1]]
            widths = widths_of(alike, self._console.width)
            self._print("")
            self._wrapped(group.heading, HEADING)
            if group.lines:
                self._print(*lines_of(group.header, widths), style=FAINT)
            for line in group.lines:
                self._print(*lines_of(line, widths), style=OURS if line[0].startswith("bearerguard") else "")
            for note in group.notes:
                self._wrapped(note, FAINT, indent=2)
        if result.left_out:
            self._print("")
        for what in result.left_out:
            self._wrapped(f"Left out: {what}.", STYLES[NOT_JUDGED])

    def show_bars(self, found: Sequence[tuple[str, Bar]]) -> None:
        """Print one table of all bars, those that were missed at its end."""
        if not found:
            return
        verdicts = [bar.verdict for _, bar in found]
        counts = [f"{verdicts.count(verdict)} {verdict}" for verdict in ORDER if verdict in verdicts]
        self._print("")
        self._print(f"Bars: {', '.join(counts)}", style=TITLE)
        for verdict in (verdict for verdict in ORDER if verdict in verdicts):
            self._print("")
            self._print(verdict, style=STYLES[verdict])
            for name, bar in found:
                if bar.verdict == verdict:
                    value, limit, text = bar_cells(bar)
                    first = f"{value:>8}  {limit:<9}"
                    self._wrapped(
                        f"{first}{name}: {text}",
                        STYLES[verdict] if verdict == MISSED else "",
                        hanging=len(first),
                    )

    def say(self, text: str) -> None:
        self._wrapped(text)

    def _wrapped(self, text: str, style: str = "", *, indent: int = 0, hanging: int = 2) -> None:
        begin, rest = " " * indent, " " * (indent + hanging)
        width = max(LEAST_WIDTH, self._console.width - 1)
        for line in textwrap.wrap(
            text, width, initial_indent=begin, subsequent_indent=rest, break_on_hyphens=False
        ):
            self._print(line, style=style)

    def _print(self, *lines: str, style: str = "") -> None:
        for line in lines:
            self._console.print(Text(line, style=style), soft_wrap=True)


def widths_of(groups: Sequence[Group], available: int) -> list[int]:
    """Give the widths of the columns of groups; the first takes what the others leave."""
    lines = [line for group in groups for line in (group.header, *group.lines)]
    columns = max((len(line) for line in lines), default=0)
    widths = [max((len(line[n]) for line in lines if len(line) > n), default=0) for n in range(columns)]
    if widths:
        left = available - 1 - sum(width + GAP for width in widths[1:])
        widths[0] = max(LEAST_FIRST, min(widths[0] + GAP, left))
    return widths


def lines_of(cells: Cells, widths: Sequence[int]) -> Iterator[str]:
    """Give a row's lines: the first cell wrapped within its column, the others to the right."""
    first = textwrap.wrap(
        cells[0], widths[0], initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    ) or [""]
    rest = "".join(f"{'':{GAP}}{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=False))
    yield f"{first[0]:{widths[0]}}{rest}".rstrip()
    yield from first[1:]
