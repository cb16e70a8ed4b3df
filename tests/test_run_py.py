"""run.py: how it chooses, on any machine, and what it says; no environment is made for real here."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tools import commands, environment, interpreters, shell
from tools.environment import STAMP, UNFINISHED, Environment

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def made(tmp_path: Path) -> Environment:
    """An environment as run.py leaves it."""
    made = Environment(tmp_path / ".venv", sys.executable, sys.version, "dev")
    environment.clear(made.folder)
    python = Path(made.script("python"))
    python.parent.mkdir()
    python.touch()
    (made.folder / STAMP).write_text(environment.stamp(made), encoding="utf-8")
    return made


def run_py(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "run.py"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def too_old_python() -> list[str]:
    for version in ("3.10", "3.9", "3.8", "3.7", "3.6"):
        if found := interpreters.find_python(version):
            return [found[0], str(ROOT / "run.py")]
    simulated = "import runpy, sys; sys.version_info = (3, 8, 0, 'final', 0); runpy.run_path('run.py')"
    return [sys.executable, "-c", simulated]


def test_a_python_too_old_gets_one_plain_sentence() -> None:
    """No traceback and no syntax error, on any Python that somebody may still have."""
    done = subprocess.run([*too_old_python(), "test"], cwd=ROOT, capture_output=True, text=True)
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("bearerguard needs Python 3.11 or newer, and this is Python 3.")
    assert 1 == len(done.stderr.splitlines())


def test_without_a_command_it_names_them_all(tmp_path: Path) -> None:
    """From any working folder."""
    done = run_py(cwd=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert list(commands.COMMANDS) == [line.split()[0] for line in done.stdout.splitlines()[1:]]


def test_an_unknown_command_is_named_and_fails() -> None:
    done = run_py("tset")
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("run.py: no command is called tset.\n")


def test_uv_is_used_first(tmp_path: Path) -> None:
    """uv, although venv would do."""
    target = Environment(tmp_path / ".venv", "/usr/bin/python3", "Python 3.11.2", "dev")
    make, install = environment.recipe(target, uv="/bin/uv", has_ensurepip=True, pip=["pip"])
    assert ["/bin/uv", "venv", "--allow-existing", "--python", "/usr/bin/python3", str(target.folder)] == make
    assert [
        "/bin/uv",
        "pip",
        "install",
        "--editable",
        ".[dev]",
        "--python",
        target.script("python"),
    ] == install


def test_venv_is_used_without_uv(tmp_path: Path) -> None:
    target = Environment(tmp_path / ".venv", "/usr/bin/python3", "Python 3.11.2", "test")
    make, install = environment.recipe(target, uv=None, has_ensurepip=True, pip=None)
    assert ["/usr/bin/python3", "-m", "venv", str(target.folder)] == make
    python = target.script("python")
    assert [python, "-m", "pip", "install", "--editable", ".[test]", "--no-compile"] == install


def test_a_pip_from_outside_helps_a_python_without_ensurepip(tmp_path: Path) -> None:
    """Debian's python has no ensurepip."""
    target = Environment(tmp_path / ".venv", "/usr/bin/python3", "Python 3.11.2", "dev")
    make, install = environment.recipe(target, uv=None, has_ensurepip=False, pip=["/usr/bin/pip3"])
    assert ["/usr/bin/python3", "-m", "venv", "--without-pip", str(target.folder)] == make
    python = target.script("python")
    assert ["/usr/bin/pip3", "--python", python, "install", "--editable", ".[dev]", "--no-compile"] == install


def test_what_is_installed_is_not_compiled(tmp_path: Path) -> None:
    """pip would compile everything, most of which is never imported, for half of the time; uv would not."""
    peers = Environment(tmp_path / ".venv-bench", "/usr/bin/python3", "Python 3.11.2", "", "peers.txt")
    _, install = environment.recipe(peers, uv=None, has_ensurepip=True, pip=None)
    assert ["--editable", ".", "--requirement", "peers.txt", "--no-compile"] == install[4:]
    _, install = environment.recipe(peers, uv="/bin/uv", has_ensurepip=True, pip=None)
    assert "--no-compile" not in install


def test_without_any_installer_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    target = Environment(tmp_path / ".venv", "/usr/bin/python3", "Python 3.11.2", "dev")
    with pytest.raises(SystemExit) as stopped:
        environment.recipe(target, uv=None, has_ensurepip=False, pip=None)
    assert "run.py: " + environment.NO_INSTALLER.format("/usr/bin/python3") == stopped.value.code


def test_a_made_environment_is_ready(made: Environment) -> None:
    """The second run goes on at once."""
    assert environment.is_ready(made)
    environment.prepare(made)


def test_environments_are_made_at_once_and_those_with_an_installer_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pip that makes the last may be that of the first; one that fails is not taken for made."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    one, two, three = (Environment(tmp_path / name, name, "Python 3.11.2", "dev") for name in "abc")
    both = threading.Barrier(2, timeout=10)
    run: list[str] = []

    def run_or_fail(command: list[str]) -> None:
        if command[0] == "c":
            sys.exit("run.py: this failed: c")
        both.wait()
        run.append(command[0])

    monkeypatch.setattr(environment, "has_ensurepip", lambda one: one.base != "c")
    monkeypatch.setattr(environment, "find_uv", lambda: None)
    monkeypatch.setattr(environment, "find_recipe", lambda one: [[one.base]])
    monkeypatch.setattr(environment, "run_quietly", run_or_fail)
    with pytest.raises(SystemExit, match="this failed: c"):
        environment.prepare(three, two, one)
    assert ["a", "b"] == sorted(run)
    assert [UNFINISHED == (made.folder / STAMP).read_text() for made in (one, two, three)] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "change", [{"version": "Python 3.11.99"}, {"base": "/elsewhere/python3"}, {"extra": "test"}], ids=str
)
def test_an_environment_made_from_something_else_is_stale(made: Environment, change: dict[str, str]) -> None:
    assert not environment.is_ready(made._replace(**change))


def test_a_changed_pyproject_makes_the_environment_stale(
    made: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = (ROOT / "pyproject.toml").read_text(encoding="utf-8") + "\n"
    (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    assert not environment.is_ready(made)


def test_an_environment_whose_interpreter_is_gone_is_not_ready(made: Environment) -> None:
    Path(made.script("python")).unlink()
    assert not environment.is_ready(made)


def test_an_interrupted_environment_is_made_anew(made: Environment) -> None:
    """Half of an environment is never used: only a finished one carries the stamp."""
    (made.folder / STAMP).write_text(UNFINISHED, encoding="utf-8")
    assert not environment.is_ready(made)
    environment.clear(made.folder)
    assert [STAMP] == os.listdir(made.folder)


def test_an_environment_made_by_hand_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    with pytest.raises(SystemExit) as stopped:
        environment.clear(folder)
    assert str(stopped.value.code).startswith("run.py: .venv was not made by run.py;")
    assert ["bin"] == os.listdir(folder)


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("pip 23.0.1 from /usr/lib/python3/dist-packages/pip (python 3.11)", (23, 0)),
        ("pip 26.1 from somewhere", (26, 1)),
        ("pip: command not found", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_the_version_of_pip_is_read_from_what_it_says(answer: str | None, version: tuple[int, ...]) -> None:
    assert version == interpreters.pip_version(answer)


def test_interpreters_are_looked_for_on_path_then_where_pyenv_and_uv_keep_them(tmp_path: Path) -> None:
    of_pyenv = tmp_path / ".pyenv/versions/3.12.1/bin/python3.12"
    of_uv = tmp_path / ".local/share/uv/python/cpython-3.12.9-linux/bin/python3.12"
    for path in (of_pyenv, of_uv, tmp_path / ".pyenv/versions/3.11.7/bin/python3.11"):
        path.parent.mkdir(parents=True)
        path.touch()
    environ = {"PATH": os.pathsep.join(["/usr/local/bin", "", "/usr/bin"])}
    found = list(interpreters.candidates("3.12", environ, tmp_path))
    assert [Path("/usr/local/bin/python3.12"), Path("/usr/bin/python3.12"), of_pyenv, of_uv] == found


@pytest.mark.skipif(os.name == "nt", reason="the fake interpreters are shell scripts")
def test_an_interpreter_that_does_not_run_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyenv leaves a shim on PATH for every version it knows, also for those that do not run here."""
    shim, real = tmp_path / "shims/python3.99", tmp_path / "bin/python3.99"
    for path, script in ((shim, "exit 127"), (real, "echo Python 3.99.1")):
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{real.parent}")
    assert (str(real), "Python 3.99.1") == interpreters.find_python("3.99")


def test_a_version_that_is_not_installed_is_not_found() -> None:
    assert interpreters.find_python("3.98") is None


def test_check_names_its_steps_when_one_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "prepare", lambda *_: None)
    with pytest.raises(SystemExit) as stopped:
        commands.check(["lint", "spelling"])
    assert (
        "run.py: no step is called spelling; the steps are tests, lint, format, types, imports, demo."
        == stopped.value.code
    )


def test_check_runs_every_step_and_fails_when_one_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One failed step does not hide the others."""
    steps = {"tests": lambda: 0, "lint": lambda: 1, "types": lambda: 0}
    monkeypatch.setattr(commands, "prepare", lambda *_: None)
    monkeypatch.setattr(commands, "check_steps", lambda _: steps)
    assert 1 == commands.check([])
    table = capsys.readouterr().out.split("seconds\n")[1]
    assert ["tests passed", "lint failed", "types passed"] == [
        " ".join(line.split()[:2]) for line in table.splitlines()
    ]


def test_a_quiet_command_shows_all_it_said_when_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys; print('to stdout', flush=True); print('to stderr', file=sys.stderr); sys.exit(3)"
    shell.run_quietly([sys.executable, "-c", "print('noise')"])
    with pytest.raises(SystemExit) as stopped:
        shell.run_quietly([sys.executable, "-c", script])
    captured = capsys.readouterr()
    assert ("", ["to stdout", "to stderr"]) == (captured.out, captured.err.splitlines())
    assert str(stopped.value.code).startswith("run.py: this failed: ")


def test_a_program_that_is_not_there_answers_nothing() -> None:
    assert shutil.which("no-such-program") is None
    assert shell.ask(["no-such-program", "--version"]) is None


def test_programs_that_run_together_are_told_apart() -> None:
    """Each with its own exit code and all that it said, in the order in which they were named."""
    programs = {"a": "print('slow')", "b": "import sys; print('x', file=sys.stderr); sys.exit(3)"}
    said = shell.call_together({name: [sys.executable, "-c", text] for name, text in programs.items()})
    assert [("a", (0, "slow\n")), ("b", (3, "x\n"))] == list(said.items())
    assert {} == shell.call_together({})
