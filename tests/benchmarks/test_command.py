"""`run.py bench`: what it takes, what it does with scenes that fail, and what it ends with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tools import commands

from bearerguard.bench.serving import ServerError
from benchmarks import __main__ as bench
from benchmarks import arguments, page, results
from benchmarks.suite import Bar, Budget, Measurement, Run

ROOT = Path(__file__).resolve().parents[2]
NAMES = "abuse, cold, end_to_end, jwt_abuse, jwt_cold, scale, stampede, warm"


def call(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("command", [["run.py", "bench"], ["-m", "benchmarks"]], ids=["run.py", "suite"])
def test_help_is_there_at_once(command: list[str]) -> None:
    """Before any environment is made."""
    done = call(*command, "--help")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("usage: run.py bench [-h] [--quick] [--only NAME] [--save] [--profile]\n")
    assert f"The scenes are {NAMES}." in done.stdout.replace("\n", " ")


@pytest.mark.parametrize("command", [["run.py", "bench"], ["-m", "benchmarks"]], ids=["run.py", "suite"])
@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (["--only", "hot"], f"no scene is called hot; the scenes are {NAMES}."),
        (["--quik"], "unrecognized arguments: --quik."),
        (["--only"], "argument --only: expected one argument."),
    ],
    ids=["scene", "option", "value"],
)
def test_what_is_wrong_is_one_sentence(command: list[str], wrong: list[str], expected: str) -> None:
    done = call(*command, *wrong)
    assert (2, "", f"run.py bench: {expected}\n") == (done.returncode, done.stdout, done.stderr)


def test_it_runs_in_an_environment_that_has_the_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its own, so that no peer is ever among our dependencies."""
    made: list[object] = []
    monkeypatch.setattr(commands, "prepare", made.append)
    monkeypatch.setattr(commands, "become", lambda command: made.append(command) or 0)
    assert 0 == commands.bench(["--quick", "--only", "warm"])
    environment, command = made
    assert isinstance(environment, commands.Environment)
    assert (".venv-bench", "", "benchmarks/requirements.txt") == (
        environment.folder.name,
        environment.extra,
        environment.requirements,
    )
    assert [environment.script("python"), "-m", "benchmarks", "--quick", "--only", "warm"] == command


def scene(measure: object, *bars: Bar) -> SimpleNamespace:
    return SimpleNamespace(
        TITLE="A scene",
        EXPLAINS="Words.",
        BUDGET=Budget(quick=1, full=2),
        measure=measure,
        bars=lambda _: bars,
    )


def good(run: Run) -> Iterator[Measurement]:
    run.leave_out("the rest")
    yield Measurement(case="a case", subject="bearerguard", unit="µs", values=(1.0, 2.0))


def failing(run: Run) -> Iterator[Measurement]:
    yield Measurement(case="a case", subject="bearerguard", unit="µs", values=(1.0,))
    raise ServerError("the server did not come up: no database")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, SimpleNamespace]:
    """The scenes that there are; results and page go where nobody minds."""
    scenes: dict[str, SimpleNamespace] = {}
    for module in (arguments, bench):
        if hasattr(module, "scene_names"):
            monkeypatch.setattr(module, "scene_names", lambda: list(scenes))
    monkeypatch.setattr(bench, "find_scenes", lambda: scenes)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(results.save, "__defaults__", (tmp_path / "results",))
    monkeypatch.setattr(page, "write_page", lambda: (tmp_path / "page").touch())
    return scenes


@pytest.mark.parametrize(
    ("value", "not_judged", "expected"), [(1.0, None, 0), (3.0, None, 1), (3.0, "3 rounds", 0)]
)
def test_it_ends_with_1_when_a_bar_is_missed(
    chosen: dict[str, SimpleNamespace], value: float, not_judged: str | None, expected: int
) -> None:
    """One that could not be judged is not missed."""
    chosen["one"] = scene(good, Bar(text="a bar", value=value, limit=2.0, not_judged=not_judged))
    assert expected == bench.main([])


def test_a_scene_that_fails_says_so_and_the_others_go_on(
    chosen: dict[str, SimpleNamespace], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is anything judged that was half measured."""
    chosen |= {"one": scene(failing, Bar(text="a bar", value=1.0, limit=2.0)), "two": scene(good)}
    assert 1 == bench.main([])
    said = capsys.readouterr().out
    assert "Failed: the server did not come up: no database\n" in said
    assert "two: A scene (0 s)" in said
    assert "Left out: the rest.\n" in said
    assert "a bar" not in said
    assert "It took 0 min 00 s." in said


def test_what_is_saved_is_what_was_measured_whole(chosen: dict[str, SimpleNamespace], tmp_path: Path) -> None:
    chosen |= {"one": scene(failing), "two": scene(good)}
    bench.main(["--save", "--quick"])
    assert [("two", True, ["the rest"])] == [
        (one.name, one.quick, one.result.left_out) for one in results.load_all(tmp_path / "results")
    ]
    assert (tmp_path / "page").exists()


def test_one_scene_may_be_chosen(
    chosen: dict[str, SimpleNamespace], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen |= {"one": scene(good), "two": scene(good)}
    assert 0 == bench.main(["--only", "two", "--only", "two"])
    said = capsys.readouterr().out
    assert (0, 1) == (said.count("one: A scene"), said.count("two: A scene"))
