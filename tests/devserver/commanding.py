"""Run `bearerguard devserver ...` in this process, on a file of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bearerguard.cli import main

Command = Callable[..., Result]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dev.db"


@pytest.fixture
def command(path: Path) -> Command:
    def run(*arguments: str, stdin: str = "") -> Result:
        environment = {"BEARERGUARD_DEVSERVER_STORE": str(path)}
        result = CliRunner().invoke(main, ["devserver", *arguments], input=stdin, env=environment)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run
