"""Make docs/benchmarks.md, and its pictures, from the results that are kept; nothing in it is typed by hand.

python -m benchmarks.page      # after a change to this file, without measuring anew
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.plots import draw
from benchmarks.results import Result
from benchmarks.rows import number, rows_of

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
PICTURES = DOCS / "benchmarks"

HEAD = """# Benchmarks

What the guard costs, beside doing nothing and beside its peers. This page is made from the results in
`benchmarks/results/` by `python3 run.py bench --save`; `python3 run.py bench` measures the same on your
machine, with `--quick` within three minutes. `bearerguard bench --app module:app --server uvicorn`
measures your own application, bare and guarded.

Absolute figures say little: they are of one machine on one day. A ratio is taken within each round, both
subjects in turn, and is given as the median of the rounds with a bootstrap interval of 95 % in brackets;
a figure with the half of the rounds around its median.
"""


def write_page() -> None:
    """Write the page and the pictures of every result that is kept."""
    PICTURES.mkdir(exist_ok=True)
    kept = [results.load(path) for path in sorted(results.FOLDER.glob("*.json"))]
    parts = [HEAD]
    for document, scenes in kept:
        for name, result in scenes.items():
            draw(name, result.measurements, PICTURES)
            parts.append("\n".join(_section(name, result, document)))
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _section(name: str, result: Result, document: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {result.title}\n"
    yield f"{result.explains.strip()}\n"
    if (PICTURES / f"{name}-light.svg").exists():
        yield "<picture>"
        yield f'<source media="(prefers-color-scheme: dark)" srcset="benchmarks/{name}-dark.svg">'
        yield f'<img alt="{result.title}" src="benchmarks/{name}-light.svg">'
        yield "</picture>\n"
    yield from _table(result)
    yield from _bars(result)
    yield f"{_provenance(document)}\n"


def _table(result: Result) -> Iterator[str]:
    yield "| case | subject | times | of | median | half of the rounds |"
    yield "|---|---|---:|---|---:|---|"
    last = ""
    for row in rows_of(result.measurements):
        case = "" if row.case == last else row.case
        last = row.case
        yield f"| {case} | {row.subject} | {row.times} | {row.versus} | {row.figure} | {row.spread} |"
    yield ""


def _bars(result: Result) -> Iterator[str]:
    if not result.bars:
        return
    yield "| must be | is | limit | |"
    yield "|---|---:|---:|---|"
    for bar in result.bars:
        sign = "at most" if bar.is_most else "at least"
        met = "met" if bar.is_met else "**missed**"
        yield f"| {bar.text} | {number(bar.value)} | {sign} {number(bar.limit)} | {met} |"
    yield ""


def _provenance(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in document["packages"].items())
    quick = ", by a quick run" if document["quick"] else ""
    load = " and ".join(map(str, document["load"]))
    return (
        f"Taken on {document['at']}{quick}: {machine['processor']}, {machine['processors']} processors, "
        f"{machine['system']}, {machine['python']}; load average before and after {load}. With {packages}."
    )


if __name__ == "__main__":
    write_page()
