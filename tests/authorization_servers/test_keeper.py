"""No server outlives the tests, not even where they are ended without a chance to stop it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.authorization_servers.keeper import keeping

ENOUGH_SECONDS = 10.0


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for ever, in a group of its own."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
        yield process
        process.kill()


def test_what_nobody_ended_is_ended(server: subprocess.Popen[bytes]) -> None:
    """As soon as whoever wrote to the keeper is gone."""
    with keeping() as keeper:
        keeper.note("+", server.pid)
    assert -signal.SIGKILL == server.wait(ENOUGH_SECONDS)


def test_what_was_ended_before_is_left_alone(server: subprocess.Popen[bytes]) -> None:
    """Its number may be another's by then."""
    with keeping() as keeper:
        keeper.note("+", server.pid)
        keeper.note("-", server.pid)
    assert server.poll() is None
