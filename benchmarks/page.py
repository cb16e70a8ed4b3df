"""Make docs/benchmarks.md, and its pictures, from the results that are kept; nothing in it is typed by hand.

python -m benchmarks.page      # after a change to this file, without measuring anew
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import results
from benchmarks.plots import draw, kinds_of
from benchmarks.results import Kept
from benchmarks.rows import Cells, bar_cells, groups_of
from benchmarks.suite import MISSED, NOT_JUDGED, OK, Bar
from benchmarks.words import HEAD, NOT_TO_CONCLUDE, NOTHING_KEPT

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
PICTURES = DOCS / "benchmarks"
WORDS = {OK: "met", MISSED: "**missed**", NOT_JUDGED: "not judged"}
PICTURE = """<picture>
  <source media="(prefers-color-scheme: dark)" srcset="benchmarks/{0}-dark.svg">
  <img alt="{1}" src="benchmarks/{0}-light.svg">
</picture>
"""


def write_page() -> None:
    """Write the page and the pictures of every result that is kept, and delete pictures of others."""
    kept = results.load_all(results.FOLDER)
    PICTURES.mkdir(exist_ok=True)
    drawn = [path for one in kept for path in draw(one.name, one.result.measurements, PICTURES)]
    for path in set(PICTURES.glob("*.svg")).difference(drawn):
        path.unlink()
    PAGE.write_text(text_of(kept), encoding="utf-8")


def text_of(kept: Sequence[Kept]) -> str:
    """Give the whole page."""
    parts = [HEAD, *([_bars(kept)] if kept else [NOTHING_KEPT]), NOT_TO_CONCLUDE]
    parts += ["\n".join(_section(one)) for one in kept]
    if kept:
        parts.append("\n".join(_provenance(kept)))
    return "\n".join(parts)


def _bars(kept: Sequence[Kept]) -> str:
    """All bars in one table, those that were missed first."""
    found = [(one, bar) for one in kept for bar in one.result.bars]
    found.sort(key=lambda pair: (MISSED, NOT_JUDGED, OK).index(pair[1].verdict))
    verdicts = [bar.verdict for _, bar in found]
    counts = [f"{verdicts.count(verdict)} {word}" for verdict, word in WORDS.items() if verdict in verdicts]
    lines = ["## Bars", "", f"{_sentence(counts)}.", "", *_markdown(("", "figure", "limit", "scene", "bar"))]
    lines += [_markdown_line(_bar_line(one, bar)) for one, bar in found]
    return "\n".join([*lines, ""])


def _sentence(counts: Sequence[str]) -> str:
    return ", ".join(counts).replace("**", "") or "None of these scenes has any"


def _bar_line(one: Kept, bar: Bar) -> Cells:
    value, limit, text = bar_cells(bar)
    words = limit.replace("<=", "at most").replace(">=", "at least")
    return WORDS[bar.verdict], value, words, f"[{one.name}](#{_anchor(one.result.title)})", text


def _section(one: Kept) -> Iterator[str]:
    result = one.result
    yield f"## {result.title}\n"
    yield f"Scene `{one.name}`: `python3 run.py bench --only {one.name}`.\n"
    yield f"{result.explains.strip()}\n"
    for kind in kinds_of(result.measurements):
        yield PICTURE.format(f"{one.name}-{kind}", f"{result.title}: the figures of the tables below")
    yield "<details>"
    yield "<summary>All figures</summary>\n"
    for group in groups_of(result.measurements):
        yield f"**{group.heading}**\n"
        yield from _markdown(group.header)
        yield from map(_markdown_line, group.lines)
        yield ""
        yield from (f"{note}\n" for note in group.notes)
    yield "</details>\n"
    yield from (f"Left out: {what}.\n" for what in result.left_out)
    quick = "by a quick run, " if one.quick else ""
    load = "load average {} before, {} after".format(*result.load)
    yield f"Taken {quick}on {one.taken_on}, in {result.seconds:.0f} s; {load}.\n"


def _markdown(header: Cells) -> Iterator[str]:
    if header:
        yield _markdown_line(header)
        yield f"|---|{'---:|' * (len(header) - 1)}"


def _markdown_line(cells: Cells) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in "-_ ")
    return kept.replace(" ", "-")


def _provenance(kept: Sequence[Kept]) -> Iterator[str]:
    """Say what was measured on: once where it is the same for all scenes."""
    yield "## Machine and versions\n"
    for machine in [
        one.machine for n, one in enumerate(kept) if one.machine not in [other.machine for other in kept[:n]]
    ]:
        names = ", ".join(one.name for one in kept if one.machine == machine)
        packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
        wrk = f", wrk {machine.wrk}" if machine.wrk else ""
        yield (
            f"{names}: {machine.processor}, {machine.processors} processors, {machine.system}, "
            f"{machine.python}, SQLite {machine.sqlite}{wrk}; servers on the event loop of "
            f"{machine.event_loop}. {packages}.\n"
        )


if __name__ == "__main__":
    write_page()
