"""Servers as processes of their own: started, signalled with all their workers, and started again."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.authorization_servers.keeper import Keeper
from tests.servers.running import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30.0  # for what takes a fraction of that on an idle machine


def eventually(is_so: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"it never came about: {what}"
        time.sleep(0.02)


@dataclass
class Program:
    """A server on a port of its own; `arguments` start it, with {port}, {certificate} and {key}.

    It finds its own address in the environment as OWN_URL.
    """

    name: str
    arguments: Sequence[str]
    folder: Path
    context: ssl.SSLContext
    environment: Mapping[str, str]
    keeper: Keeper
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def start(self) -> None:
        """Start it; `wait_until_ready` is for the caller, who may have others to start meanwhile."""
        files = {"certificate": str(self.folder / "server.pem"), "key": str(self.folder / "server.key")}
        command = [one.format(port=self.port, **files) for one in self.arguments]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "PYTHONUNBUFFERED": "1",
                    "OWN_URL": self.url,
                    **self.environment,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group of its own, which one signal reaches as a whole
            )
        self.keeper.note("+", self._process.pid)

    def wait_until_ready(self) -> None:
        with httpx.Client(verify=self.context, timeout=PATIENCE_SECONDS) as client:
            eventually(lambda: self._answers(client), f"{self.name} answers; it says: {self.logged()}")

    def signal(self, number: int) -> None:
        """Send a signal to the server and its workers."""
        assert self._process is not None, f"{self.name} was never started"
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None, f"{self.name} was never started"
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._forget()

    def stop(self) -> None:
        """End it as a deployment would, and see that nothing of it is left."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self._process.terminate()  # the first process alone: it ends its workers itself
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(PATIENCE_SECONDS)
            eventually(self._is_gone, f"the workers of {self.name} end with it")
        finally:
            if not self._is_gone():
                self.signal(signal.SIGKILL)
                self._process.wait()
            self._forget()

    def _forget(self) -> None:
        assert self._process is not None
        self.keeper.note("-", self._process.pid)
        self._process = None

    def _is_gone(self) -> bool:
        try:
            self.signal(0)
        except ProcessLookupError:
            return True
        return False

    def _answers(self, client: httpx.Client) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.name} ended at once: {self.logged()}"
        try:
            client.get(f"{self.url}/")
        except httpx.TransportError:
            return False
        return True
