"""What every server of our own has: a port, a folder, and a start that waits until it answers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Protocol

from tests.faults.programs import Missing, Program, wait_until

MAX_CONNECTIONS = 90  # more than the workers need, and soon all taken
ASK_SECONDS = 1


class Engine(Protocol):
    """One server."""

    name: str
    program: Program
    port: int
    failures: tuple[type[Exception], ...]

    def url(self, port: int) -> str:
        """Give what a store takes, through this port."""

    def start(self) -> None:
        """Start it where it was, and wait until it answers."""

    def connect(self) -> Any:
        """Connect as anybody's program would."""

    def slow_query(self, seconds: float) -> None:
        """Keep the tokens from everybody for a while."""


class Server:
    """One server, in whose folder its log is."""

    name: str
    failures: tuple[type[Exception], ...]

    def __init__(self, folder: Path, command: list[str], port: int, user: str | None) -> None:
        self.folder, self.port = folder, port
        self.program = Program(command, folder / "log", user=user)

    def start(self) -> None:
        if not self.program.is_running:
            self.program.start()
        wait_until(self._answers, f"{self.name} does not start: {self.program.log}")

    def connect(self) -> Any:
        raise NotImplementedError

    def _answers(self) -> bool:
        if not self.program.is_running:
            self.program.start()  # it has ended of itself, as they do on a full disk
        try:
            self.connect().close()
        except self.failures:
            return False
        return True


def program_at(name: str, path: str | None = None) -> str:
    """Find a program. Raises Missing."""
    found = shutil.which(name, path=path) or shutil.which(name)
    if found is None:
        raise Missing(name)
    return found
