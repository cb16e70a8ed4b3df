"""The commands of run.py: each takes the arguments after its name and returns an exit code."""

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.arguments import parse as parse_bench
from tools.environment import Environment, main_environment, prepare
from tools.interpreters import find_python
from tools.shell import ROOT, become, call, call_together, say, stop

TESTED_PYTHONS = ("3.11", "3.12", "3.13")

# Whole programs and real servers: their starting takes most of the time, so they run on one Python.
RUN_ONCE = (
    "tests/authorization_servers",
    "tests/bench/test_command.py",
    "tests/clients/test_packages.py",
    "tests/demo",
    "tests/devserver",
    "tests/docs",
    "tests/hostile",
    "tests/servers",
    "tests/services",
    "tests/cli/test_store.py",
    "tests/faults",
    "tests/stores/test_copying.py",
    "tests/stores/test_feed_down.py",
    "tests/stores/test_feed_engines.py",
    "tests/stores/test_feed_processes.py",
    "tests/stores/uses/test_last_use_engines.py",
    "tests/stores/test_pooler.py",
    "tests/stores/test_redis_elections.py",
    "tests/stores/test_redis_feed.py",
    "tests/stores/test_redis_many.py",
    "tests/stores/test_redis_outages.py",
    "tests/stores/test_redis_reached.py",
    "tests/stores/test_repair.py",
    "tests/stores/test_sql_fork.py",
    "tests/stores/test_sql_outages.py",
    "tests/stores/test_upgrading.py",
)

Outcomes = dict[str, tuple[int, str]]  # by version: the exit code, and all that was said


def demo(arguments: list[str]) -> int:
    environment = main_environment()
    prepare(environment)
    return become([environment.script("bearerguard"), "demo", *arguments])


def test(arguments: list[str]) -> int:
    """Run the tests; without arguments on every tested Python that is installed, this one first."""
    environment = main_environment()
    if arguments:
        prepare(environment)
        return become(pytest(environment, *arguments))
    this = "{}.{}".format(*sys.version_info)
    others = environments_of(version for version in TESTED_PYTHONS if version != this)
    prepare(environment, *(one for one in others.values() if one))
    # Beside each other: the tests of servers wait more than they work, but what they work must not wait.
    without = [f"--ignore={path}" for path in RUN_ONCE]
    everywhere = {this: environment, **others}
    beside = {version: [*nicely(), *pytest(one, *without)] for version, one in everywhere.items() if one}
    with ThreadPoolExecutor(max_workers=1) as pool:
        outcomes = pool.submit(call_together, beside)
        say(f"Python {this}, tests of servers:")
        code = call(pytest(environment, *RUN_ONCE))
        return report(others, outcomes.result()) or code


def environments_of(versions: Iterable[str]) -> dict[str, Environment | None]:
    """An environment for each of these interpreters, None for one that is not installed."""
    found = {version: find_python(version) for version in versions}
    return {
        version: python and Environment(ROOT / f".venv-{version}", *python, "test")
        for version, python in found.items()
    }


def nicely() -> list[str]:
    """Begin a command that gives way to others, where there is a way to say so."""
    nice = shutil.which("nice")
    return [] if nice is None else [nice, "-n", "19"]


def report(others: Mapping[str, Environment | None], outcomes: Outcomes) -> int:
    """Show what was said beside; interpreters that are not installed are named at the end."""
    for version, (_, output) in outcomes.items():
        say(f"Python {version}:\n{output}")
    if failed := [version for version, (code, _) in outcomes.items() if code]:
        say(f"The tests failed on Python {', '.join(failed)}.")
        return 1
    missing = [version for version, one in others.items() if not one]
    absent = f"; not installed here: {', '.join(missing)}" if missing else ""
    say(f"The tests passed on Python {', '.join(outcomes)}{absent}.")
    return 0


def pytest(environment: Environment, *arguments: str) -> list[str]:
    return [environment.script("python"), "-m", "pytest", *arguments]


def bench(arguments: list[str]) -> int:
    """Measure, in an environment that has the peers too; wrong arguments make none."""
    parse_bench(arguments)
    main = main_environment()
    environment = main._replace(
        folder=ROOT / ".venv-bench", extra="", requirements="benchmarks/requirements.txt"
    )
    prepare(environment)
    return become([environment.script("python"), "-m", "benchmarks", *arguments])


def check(arguments: list[str]) -> int:
    """Run all that a change must pass, or the steps named; a table at the end says how each went."""
    environment = main_environment()
    prepare(environment)
    steps = check_steps(environment)
    if unknown := [name for name in arguments if name not in steps]:
        stop(f"no step is called {unknown[0]}; the steps are {', '.join(steps)}.")
    rows = []
    for name in arguments or steps:
        say(f"-- {name} --")
        started_at = time.monotonic()
        result = "failed" if steps[name]() else "passed"
        rows.append((name, result, time.monotonic() - started_at))
    say("\nstep      result   seconds")
    for name, result, seconds in rows:
        say(f"{name:<10}{result:<9}{seconds:>7.1f}")
    return 1 if any(result == "failed" for _, result, _ in rows) else 0


def check_steps(environment: Environment) -> dict[str, Callable[[], int]]:
    return {
        "tests": partial(test, []),
        "lint": partial(call, [environment.script("ruff"), "check", "."]),
        "format": partial(call, [environment.script("ruff"), "format", "--check", "."]),
        "types": partial(call, [environment.script("mypy")]),
        "imports": partial(call, [environment.script("lint-imports"), "--no-logo"]),
        "demo": partial(call, [environment.script("bearerguard"), "demo", "--once"]),
    }


COMMANDS: dict[str, tuple[Callable[[list[str]], int], str, str]] = {
    "demo": (demo, "[--once]", "send real requests to a guarded service, then wait for yours"),
    "test": (test, "[pytest arguments]", "run the tests on every tested Python; with arguments on this one"),
    "bench": (bench, "[--quick] [--only NAME]", "measure what the guard costs, beside its peers"),
    "check": (check, "[step ...]", "run all that a change must pass, or the steps named"),
}


def usage() -> str:
    rows = [f"  {name:<6} {arguments:<23} {purpose}" for name, (_, arguments, purpose) in COMMANDS.items()]
    return "\n".join(["usage: python3 run.py COMMAND", *rows])


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        say(usage())
        return 0
    if name not in COMMANDS:
        stop(f"no command is called {name}.\n{usage()}")
    return COMMANDS[name][0](arguments[1:])
