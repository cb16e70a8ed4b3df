"""Processes that are started, frozen and killed, whole families of them, and where they keep their files."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30.0
LOOK_SECONDS = 0.02


class Missing(Exception):
    """The machine has no such server, or lets us not do this."""


class Program:
    """One command that may have children of its own; its output goes to a file."""

    def __init__(self, command: list[str], log: Path, *, user: str | None = None) -> None:
        self._command, self.log, self._user = command, log, user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, environment: dict[str, str] | None = None) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                user=self._user,
                env=environment,
            )

    def kill(self) -> None:
        """kill -9, of the children too: a database must not wait for those that are left."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def freeze(self) -> None:
        """Let it do nothing more, and answer nothing; its connections stay."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def family(self) -> list[int]:
        """Give its process and all that come from it, the parents first."""
        found = [] if self._process is None or self._process.poll() is not None else [self._process.pid]
        for parent in found:
            found += _children_of(parent)
        return found

    def _signal(self, number: signal.Signals) -> None:
        for process in self.family():
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass  # it has ended meanwhile


def _children_of(parent: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:
        return []


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Look until it is so. Raises TimeoutError."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up_at:
            raise TimeoutError(what)
        time.sleep(LOOK_SECONDS)


def free_port() -> int:
    """Give a port that nobody has, below those that connections get."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if port < 60_000:
            return port


def user_for(name: str) -> str | None:
    """Give the user as whom a database runs: root may not run one, others only as themselves."""
    if os.getuid() != 0:
        return None
    pwd.getpwnam(name)
    return name


@contextmanager
def folder_of(user: str | None) -> Iterator[Path]:
    """Have a folder that this user may write, and whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="bgf-", dir="/tmp"))
    try:
        folder.chmod(0o711)
        if user is not None:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def small_disk(user: str | None, megabytes: int) -> Iterator[Path]:
    """Have a folder that holds so much and no more; only root may. Raises Missing."""
    if os.getuid() != 0:
        raise Missing("the right to mount a small disk")
    with folder_of(user) as folder:
        size = f"size={megabytes}m,mode=0777"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True, capture_output=True
        )
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
