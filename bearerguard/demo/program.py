"""The demo from beginning to end."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from rich.console import Console

from bearerguard.demo.invitation import invitation
from bearerguard.demo.picture import picture as drawn
from bearerguard.demo.rows import Row
from bearerguard.demo.stage import Stage, stage
from bearerguard.demo.story import story
from bearerguard.demo.table import plain_lines, rich_table, surprise_lines, verdict_line

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


def main(once: bool, *, picture: Path | None = None) -> int:
    """Fire real requests over https at two guarded services and show how each is answered.

    Ends with 1 if any answer surprised. Without `once` it waits for Ctrl-C after that, so that its
    services can be tried by hand; with `picture` it draws the table into that file and does not wait.
    """
    console = Console(highlight=False)
    try:
        with _terminated_politely(), stage() as built:
            rows = _play(built, console)
            _show(rows, built, console)
            if picture is not None:
                picture.write_text(drawn(rows), encoding="utf-8")
            elif not once:
                _wait(built, console)
    except KeyboardInterrupt:
        return INTERRUPTED
    return status_of(rows)


def status_of(rows: Sequence[Row]) -> int:
    """0 if every answer is what it should be, else 1; no answers at all are a surprise too."""
    return 0 if rows and not any(row.surprises for row in rows) else 1


@contextmanager
def _terminated_politely() -> Iterator[None]:
    """End on SIGTERM as on Ctrl-C: the temporary folder and the servers go."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _play(built: Stage, console: Console) -> list[Row]:
    with console.status("asking the services ...", spinner="line"):  # on a terminal only, and in ASCII
        return list(story(built))


def _show(rows: Sequence[Row], built: Stage, console: Console) -> None:
    if console.is_terminal:
        console.print(rich_table(rows))
    else:
        print(*plain_lines(rows), "", sep="\n")
    for line in surprise_lines(rows):
        console.print(line, style="red", markup=False, soft_wrap=True)
    console.print(verdict_line(rows), style="bold")
    console.print("\nWhat the guards logged meanwhile:", style="dim")
    for line, times in Counter(built.logs.warnings).items():
        told = f"  {line}" if times == 1 else f"  {line} ({times} times)"
        console.print(told, style="dim", markup=False, soft_wrap=True)


def _wait(built: Stage, console: Console) -> None:
    console.print("\nThe services go on until you press Ctrl-C. Try them:\n", style="bold")
    try:
        # Printed as they are: nothing may wrap or colour what somebody is going to paste.
        print(*invitation(built), sep="\n", flush=True)
        Event().wait()
    except KeyboardInterrupt:
        print("\nStopped, and everything is removed.", flush=True)
