"""Find the Python interpreters and the pip that really run on this machine."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tools.shell import ask

PIP_WITH_PYTHON_OPTION = (22, 3)  # the first pip that knows `pip --python`


def find_python(version: str) -> tuple[str, str] | None:
    """Path and `--version` of an interpreter that runs: a pyenv shim can be there for one that does not."""
    for path in candidates(version, os.environ, Path.home()):
        answer = ask([str(path), "--version"]) if path.is_file() else None
        if answer and answer.startswith(f"Python {version}."):
            return str(path), answer
    return None


def candidates(version: str, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Where an interpreter may be: on PATH, with pyenv, with uv, in Windows' usual place."""
    name = f"python{version}.exe" if os.name == "nt" else f"python{version}"
    yield from (Path(folder) / name for folder in environ.get("PATH", "").split(os.pathsep) if folder)
    yield from Path(environ.get("PYENV_ROOT") or home / ".pyenv").glob(f"versions/{version}.*/bin/{name}")
    yield from (home / ".local/share/uv/python").glob(f"cpython-{version}.*/bin/{name}")
    if "LOCALAPPDATA" in environ:
        folder = "Python" + version.replace(".", "")
        yield Path(environ["LOCALAPPDATA"], "Programs/Python", folder, "python.exe")


def find_uv() -> str | None:
    uv = shutil.which("uv")
    return uv if uv and ask([uv, "--version"]) else None  # a shim can be there for one that does not run


def find_pip(pythons: Iterable[str]) -> list[str] | None:
    """A pip that can install into another interpreter's environment; it may belong to any."""
    on_path = [[path] for path in (shutil.which("pip3"), shutil.which("pip")) if path]
    for pip in [*([python, "-m", "pip"] for python in pythons), *on_path]:
        if pip_version(ask([*pip, "--version"])) >= PIP_WITH_PYTHON_OPTION:
            return pip
    return None


def pip_version(answer: str | None) -> tuple[int, ...]:
    """Read `pip 23.0.1 from ...`; anything else is version ()."""
    words = (answer or "").split()
    if len(words) < 2 or words[0] != "pip":
        return ()
    return tuple(int(number) for number in words[1].split(".")[:2] if number.isdigit())
