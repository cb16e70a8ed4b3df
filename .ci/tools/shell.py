"""Call other programs from run.py, and say what is being done."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_USER")  # each sends an install somewhere else than .venv
MAX_ANSWER_SECONDS = 30  # what is asked are versions; a program that hangs is as good as none


def say(text: str) -> None:
    print(text, flush=True)  # at once: what a program prints itself must come after it


def stop(sentence: str) -> NoReturn:
    sys.exit(f"run.py: {sentence}")


def ask(command: Sequence[str]) -> str | None:
    """What a program says; None when it is not there or fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=MAX_ANSWER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def run_quietly(command: Sequence[str]) -> None:
    """Run a program whose output matters only when it fails; then show all of it and end."""
    environ = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        stop(f"this failed: {shlex.join(command)}")


def call(command: Sequence[str]) -> int:
    """Run a program in the project's folder, its output shown as it comes; return its exit code."""
    return subprocess.run(command, cwd=ROOT).returncode


def call_together(commands: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, str]]:
    """Run several programs at once, each by a name; give their exit codes and all that they said."""

    def call_quietly(command: Sequence[str]) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        return done.returncode, done.stdout

    with ThreadPoolExecutor(max_workers=len(commands) or 1) as pool:
        return dict(zip(commands, pool.map(call_quietly, commands.values()), strict=True))


def become(command: Sequence[str]) -> int:
    """Hand over to a program, so that signals and the exit code are its own."""
    if sys.platform == "win32":  # its exec would return to the prompt at once
        return call(command)
    os.chdir(ROOT)
    return os.execv(command[0], list(command))
