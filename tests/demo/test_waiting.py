"""The demo that waits: its lines work as pasted, and it goes without leaving anything behind."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.running import TIMEOUT_SECONDS, environment

pytest.importorskip("rich")
pytest.importorskip("trustme")

COMMAND = [sys.executable, "-m", "bearerguard", "demo"]
RUNS_FOLDERS = "bearerguard-demo-*"


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A demo that waits, as on a terminal, and all it printed until then."""
    process = subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**environment(tmp_path), "FORCE_COLOR": "1"},
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if " -m bearerguard " in line:
                break
        yield process, lines
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def pasted(line: str) -> str:
    """What a shell prints for a line, as soon as it is done with it."""
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
    ).stdout


def status_and_body(answer: str) -> tuple[str, str]:
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    return head.split()[1], body.strip()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.skipif(sys.platform == "win32", reason="the lines are for a POSIX shell, SIGINT for POSIX")
def test_the_lines_work_as_pasted_and_ctrl_c_ends_it_cleanly(
    waiting: tuple[subprocess.Popen[str], list[str]], tmp_path: Path
) -> None:
    """Every printed line runs in a shell; then Ctrl-C takes all away, without a traceback."""
    process, lines = waiting
    curls, revoke = [line for line in lines if line.startswith("curl ")], lines[-1]
    answers = [status_and_body(pasted(line)) for line in curls]
    assert ["200", "200", "200", "401", "200"] == [status for status, _ in answers]
    assert ["alice", "grace"] == [json.loads(answers[index][1])["sub"] for index in (0, 4)]
    assert ["jazz" in body for _, body in answers[1:3]] == [True, True]
    assert "Revoked 1 token." == pasted(revoke).strip()

    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (0, "\nStopped, and everything is removed.\n", "") == (process.returncode, rest, errors)
    assert [] == list(tmp_path.glob(RUNS_FOLDERS))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
def test_a_demo_that_is_terminated_removes_its_folder(
    waiting: tuple[subprocess.Popen[str], list[str]], tmp_path: Path
) -> None:
    """The folder holds a key and tokens: SIGTERM ends the demo as Ctrl-C does."""
    process, lines = waiting
    assert 38 == sum("\x1b[1;32mok\x1b[0m" in line for line in lines)  # the table as a terminal gets it
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (0, "", []) == (process.returncode, errors, list(tmp_path.glob(RUNS_FOLDERS)))
