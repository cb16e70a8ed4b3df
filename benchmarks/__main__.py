"""The benchmark suite: `python3 run.py bench` calls it in an environment of its own.

    [--quick]        a first look, within 3 minutes
    [--only NAME]    one scene; may be repeated
    [--save]         keep the result, and make docs/benchmarks.md and its pictures anew
    [--profile]      instead of all that: where the time of a warm request goes

Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import results
from benchmarks.results import Result
from benchmarks.rows import number, rows_of
from benchmarks.suite import Run, Scene, bars_of, find_scenes


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py bench", description="Measure what bearerguard costs.")
    parser.add_argument("--quick", action="store_true", help="a first look, within 3 minutes")
    parser.add_argument("--only", action="append", metavar="NAME", help="one scene; may be repeated")
    parser.add_argument("--save", action="store_true", help="keep the result and make the page anew")
    parser.add_argument("--profile", action="store_true", help="show where a warm request's time goes")
    arguments = parser.parse_args()
    if arguments.profile:
        from benchmarks.profile import show

        return show()
    scenes = find_scenes()
    chosen = arguments.only or list(scenes)
    if unknown := [name for name in chosen if name not in scenes]:
        parser.error(f"no scene is called {unknown[0]}; there are {', '.join(scenes)}")
    console = Console()
    loads = [results.load_average()]
    found = {name: perform(name, scenes[name], quick=arguments.quick, console=console) for name in chosen}
    loads.append(results.load_average())
    if arguments.save:
        keep(found, quick=arguments.quick, loads=loads)
    return summarize(found, console)


def perform(name: str, scene: Scene, *, quick: bool, console: Console) -> Result:
    """Run one scene with its progress shown, and then its table."""
    result = Result(scene.TITLE, scene.EXPLAINS)
    begun = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name)
        run = Run(quick, lambda text: progress.update(task, description=f"{name}: {text}"))
        for measurement in scene.measure(run):
            result.measurements.append(measurement)
    result.bars = bars_of(scene, result.measurements)
    result.seconds = time.monotonic() - begun
    console.print(table_of(name, result))
    return result


def table_of(name: str, result: Result) -> Table:
    """A scene's figures: the ratio first."""
    table = Table(title=f"{name}: {result.title} ({result.seconds:.0f} s)", title_justify="left")
    table.add_column("case")
    table.add_column("subject")
    table.add_column("times", justify="right")
    table.add_column("of (95 %)")
    table.add_column("median", justify="right")
    table.add_column("half of the rounds")
    last = ""
    for row in rows_of(result.measurements):
        if row.case != last:
            table.add_section()
        case = "" if row.case == last else row.case
        table.add_row(case, row.subject, row.times, row.versus, row.figure, row.spread)
        last = row.case
    return table


def keep(found: dict[str, Result], *, quick: bool, loads: list[float]) -> None:
    """Save what was measured, and write the page from it."""
    from benchmarks.page import write_page

    for name, result in found.items():
        results.save(results.FOLDER / f"{name}.json", {name: result}, quick=quick, loads=loads)
    write_page()


def summarize(found: dict[str, Result], console: Console) -> int:
    """Print every bar, and give the exit status."""
    bars = [bar for result in found.values() for bar in result.bars]
    for bar in bars:
        sign = "<=" if bar.is_most else ">="
        verdict = "ok" if bar.is_met else "MISSED"
        console.print(
            f"{bar.text}: {number(bar.value)}, {sign} {number(bar.limit)}: {verdict}", highlight=False
        )
    return 0 if all(bar.is_met for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
