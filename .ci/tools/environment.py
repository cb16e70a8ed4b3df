"""Make the project's virtual environments, once, with whatever installer the machine has."""

import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tools.interpreters import find_pip, find_uv
from tools.shell import ROOT, ask, run_quietly, say, stop

STAMP = "made-by-run.py"  # a file in the environment's folder: that we made it, and from what
UNFINISHED = "unfinished\n"
NO_INSTALLER = (
    "{} cannot make a virtual environment with pip in it, and there is no pip 22.3 or newer to help; "
    "install one (on Debian and Ubuntu: apt install python3-venv) or install uv, and run this again."
)


class Environment(NamedTuple):
    """A virtual environment of this project."""

    folder: Path
    base: str  # the interpreter it is made from
    version: str  # as the interpreter says it; an upgrade makes the environment stale
    extra: str  # of pyproject.toml; empty: the package alone
    requirements: str = ""  # a file of what else is installed, from the root of the project

    def script(self, name: str) -> str:
        """Path of a command installed in it; `python` is its interpreter."""
        if os.name == "nt":
            return str(self.folder / "Scripts" / f"{name}.exe")
        return str(self.folder / "bin" / name)


def main_environment() -> Environment:
    """The one made from the interpreter that runs us, also when that is .venv's own."""
    return Environment(ROOT / ".venv", getattr(sys, "_base_executable", sys.executable), sys.version, "dev")


def prepare(*environments: Environment) -> None:
    """Make environments; go on at once with those that are there, made from the same pyproject.toml."""
    if all(map(is_ready, environments)):
        return
    with one_at_a_time():
        missing = [one for one in environments if not is_ready(one)]  # another run may have made some
        for environment in missing:
            clear(environment.folder)
        # First those that bring an installer: the pip of one of them may have to make the others.
        has_own = {environment: bool(find_uv()) or has_ensurepip(environment) for environment in missing}
        for is_first in (True, False):
            make_together([one for one in missing if has_own[one] is is_first])


def make_together(environments: Sequence[Environment]) -> None:
    """Make environments all at once: they wait for the network and the disk more than for a processor."""
    recipes = [find_recipe(environment) for environment in environments]
    with ThreadPoolExecutor(max_workers=len(environments) or 1) as pool:
        list(pool.map(make, environments, recipes))  # a list, so that a failure ends the run


def make(environment: Environment, commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        run_quietly(command)
    (environment.folder / STAMP).write_text(stamp(environment), encoding="utf-8")


def is_ready(environment: Environment) -> bool:
    note = environment.folder / STAMP
    return (
        note.is_file()
        and note.read_text(encoding="utf-8") == stamp(environment)
        and Path(environment.script("python")).exists()  # False when its base interpreter was removed
    )


def stamp(environment: Environment) -> str:
    """Everything that makes an environment stale when it changes, as one line."""
    files = [name for name in ("pyproject.toml", environment.requirements) if name]
    parts = [*((ROOT / name).read_bytes() for name in files), *(os.fsencode(part) for part in environment)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest() + "\n"


def clear(folder: Path) -> None:
    """Leave an empty folder that is marked as ours; one that somebody made by hand is not deleted."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / STAMP).is_file():
            stop(f"{folder.name} was not made by run.py; move it away or delete it, and run this again.")
        remove(folder)
    folder.mkdir()
    (folder / STAMP).write_text(UNFINISHED, encoding="utf-8")


def remove(folder: Path) -> None:
    """Delete an environment, its mark last: what an interruption leaves is still known as ours."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != STAMP:
            entry.unlink()
    shutil.rmtree(folder)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second run wait for the first, whose half-made folder it would clear."""
    if sys.platform == "win32":
        yield
    else:
        import fcntl

        with (ROOT / ".venv.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def find_recipe(environment: Environment) -> list[list[str]]:
    """See what this machine has, and say in one line what is about to be done with it."""
    uv = find_uv()
    has_own = not uv and has_ensurepip(environment)
    pip = None if uv or has_own else find_pip([environment.base, main_environment().script("python")])
    commands = recipe(environment, uv=uv, has_ensurepip=has_own, pip=pip)
    with_what = "uv" if uv else "venv" if has_own else "venv and pip"
    say(f"Making {environment.folder.name} with {with_what}; this happens once and can take a minute.")
    return commands


def has_ensurepip(environment: Environment) -> bool:
    return ask([environment.base, "-c", "import ensurepip; ensurepip.version()"]) is not None


def recipe(
    environment: Environment, *, uv: str | None, has_ensurepip: bool, pip: Sequence[str] | None
) -> list[list[str]]:
    """The commands that make the environment: with uv, else venv, else venv and a pip from outside."""
    base, folder, python = environment.base, str(environment.folder), environment.script("python")
    install = ["install", "--editable", f".[{environment.extra}]" if environment.extra else "."]
    if environment.requirements:
        install += ["--requirement", environment.requirements]
    if uv:
        make = [uv, "venv", "--allow-existing", "--python", base, folder]
        return [make, [uv, "pip", *install, "--python", python]]
    install.append("--no-compile")  # much of it is never imported, and the rest is compiled when it is
    if has_ensurepip:
        return [[base, "-m", "venv", folder], [python, "-m", "pip", *install]]
    if not pip:
        stop(NO_INSTALLER.format(base))
    # Debian's python comes without ensurepip, and its pip refuses to install outside an environment.
    return [[base, "-m", "venv", "--without-pip", folder], [*pip, "--python", python, *install]]
