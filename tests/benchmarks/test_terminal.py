"""What a run looks like on a terminal, wide or narrow."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from benchmarks.terminal import Terminal
from tests.benchmarks.samples import BARS, result

LONG = "a case with a name that is far too long for one line, as some of them are, and with a reference too"


def shown(width: int, *, colours: bool = False) -> str:
    """A scene and its bars."""
    system = "standard" if colours else None
    console = Console(
        file=StringIO(), width=width, highlight=False, force_terminal=colours, color_system=system
    )
    terminal = Terminal(console)
    terminal.show("warm", result(left_out=[LONG]))
    terminal.show_bars([("warm", bar) for bar in BARS])
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, shown(width).splitlines())) <= width


def test_the_ratio_comes_first_and_columns_stand_below_each_other() -> None:
    text = shown(80).split("ASGI, one token: µs, and times floor\n")[1].split("\n\n")[0]
    assert [
        "                   times          95 %  median  half of them",
        "  floor                                   2.00  1.90 to 2.10",
        "  bearerguard       1.50  1.47 to 1.52    3.00  2.80 to 3.20",
        "  a peer            4.00  3.90 to 4.42    8.20  8.00 to 8.40",
        "  another: Not installed: another.",
    ] == text.splitlines()


def test_along_an_axis_each_place_has_a_column() -> None:
    text = shown(80).split("uvicorn: requests/s\n")[1].split("\n\n")[0]
    assert [
        "  connections                  1    512",
        "  bare                       900  9,000",
        "  bearerguard, times bare  0.900  0.950",
        "  bearerguard                810  8,550",
    ] == text.splitlines()


def test_a_sentence_that_is_too_long_goes_on_below() -> None:
    first, second = shown(80).split("Left out: ")[1].splitlines()[:2]
    assert "a case with a name that is far too long for one line, as some of them" == first
    assert "  are, and with a reference too." == second


def test_bars_are_counted_and_those_that_were_missed_come_last_and_red() -> None:
    """What was missed is what remains on the screen."""
    text = shown(80).split("Bars: ")[1]
    assert (
        """\
1 ok, 1 not judged, 1 MISSED

ok
    1.50  <= 2.00  warm: times the floor

not judged
   0.800  >= 0.900 warm: share of bare (3 rounds, and it takes 14)

MISSED
       5  <= 1     warm: calls | at once
"""
        == text
    )
    coloured = shown(80, colours=True)
    assert "\x1b[1;31mMISSED\x1b[0m\n\x1b[1;31m       5  <= 1     warm: calls | at once\x1b[0m" in coloured


def test_where_nobody_looks_progress_is_one_line() -> None:
    console = Console(file=StringIO(), width=80)
    with Terminal(console).progress("warm", 20):
        pass
    assert isinstance(console.file, StringIO)
    assert "warm: up to 20 s" == console.file.getvalue().strip()
