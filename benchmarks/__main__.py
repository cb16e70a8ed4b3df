"""The benchmark suite: `python3 run.py bench` calls it in an environment of its own.

    [--quick]        a first look, within 3 minutes
    [--only NAME]    one scene; may be repeated
    [--save]         keep the result, and make docs/benchmarks.md and its pictures anew
    [--profile]      instead of all that: where the time of a warm request goes

Ends with 1 when a bar is missed or a scene fails; a bar that the run cannot judge is not missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bearerguard.bench.load import LoadError
from bearerguard.bench.serving import ServerError
from benchmarks import results
from benchmarks.arguments import parse
from benchmarks.machine import describe_machine, load_average
from benchmarks.results import Result
from benchmarks.suite import MISSED, Run, Scene, bars_of, find_scenes
from benchmarks.terminal import Terminal

INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parse(arguments)
    if chosen.profile:
        from benchmarks.warm_profile import show

        return show()
    terminal, scenes, machine = Terminal(), find_scenes(), describe_machine()
    begun, found = time.monotonic(), {}
    for name in chosen.only:
        found[name] = perform(name, scenes[name], terminal, quick=chosen.quick)
        terminal.show(name, found[name])
        if chosen.save and found[name].failure is None:
            results.save(results.keep(name, found[name], quick=chosen.quick, machine=machine))
    terminal.show_bars([(name, bar) for name, result in found.items() for bar in result.bars])
    if chosen.save:
        from benchmarks.page import write_page

        write_page()
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    terminal.say(f"It took {minutes} min {seconds:02} s.")
    return 0 if all(map(is_good, found.values())) else 1


def perform(name: str, scene: Scene, terminal: Terminal, *, quick: bool) -> Result:
    """Run one scene with its progress shown. A scene that fails says so; the others go on."""
    result = Result(title=scene.TITLE, explains=scene.EXPLAINS)
    before, begun = load_average(), time.monotonic()
    seconds = scene.BUDGET.choose(quick=quick)
    with terminal.progress(name, seconds) as progress:
        task = progress.add_task("", total=seconds)

        def tell(text: str) -> None:
            progress.update(task, description=text, completed=time.monotonic() - begun)

        run = Run(quick=quick, ends_at=begun + seconds, tell=tell, leave_out=result.left_out.append)
        try:
            for measurement in scene.measure(run):
                result.measurements.append(measurement)
        except (LoadError, RuntimeError, ServerError) as error:
            result.failure = str(error)
        else:
            result.bars = bars_of(scene, result.measurements)
    result.seconds = round(time.monotonic() - begun, 1)
    result.load = before, load_average()
    return result


def is_good(result: Result) -> bool:
    return result.failure is None and all(bar.verdict != MISSED for bar in result.bars)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
