"""The commands of run.py: each takes the arguments after its name and returns an exit code."""

import sys
import time
from collections.abc import Callable
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
    "tests/docs",
    "tests/hostile",
    "tests/servers",
)


def demo(arguments: list[str]) -> int:
    environment = main_environment()
    prepare(environment)
    return become([environment.script("bearerguard"), "demo", *arguments])


def test(arguments: list[str]) -> int:
    """Run the tests; without arguments on every tested Python that is installed, this one first."""
    environment = main_environment()
    prepare(environment)
    if arguments:
        return become(pytest(environment, *arguments))
    this = "{}.{}".format(*sys.version_info)
    others = [version for version in TESTED_PYTHONS if version != this]
    say(f"Python {this}:")
    return call(pytest(environment)) or test_on_others(others, passed=[this])


def test_on_others(versions: list[str], passed: list[str]) -> int:
    """Run the same tests on other interpreters, all at once; those not installed are named at the end."""
    found = {version: find_python(version) for version in versions}
    environments = {
        version: Environment(ROOT / f".venv-{version}", *python, "test")
        for version, python in found.items()
        if python is not None
    }
    for environment in environments.values():
        prepare(environment)
    without = [f"--ignore={path}" for path in RUN_ONCE]
    commands = {version: pytest(one, *without) for version, one in environments.items()}
    for version, (code, output) in call_together(commands).items():
        say(f"Python {version}:\n{output}")
        if code:
            return code
    missing = [version for version in versions if version not in environments]
    absent = f"; not installed here: {', '.join(missing)}" if missing else ""
    say(f"The tests passed on Python {', '.join([*passed, *environments])}{absent}.")
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
