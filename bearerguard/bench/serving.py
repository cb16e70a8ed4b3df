"""Run the servers that people deploy with, each as a process of its own on processors of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bearerguard.bench.output import last_line

PLAIN_LOOP = "asyncio"
START_SECONDS = 30
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a server listens, and with which PEM files; without them over plain HTTP."""

    port: int
    certificate: str | None = None
    key: str | None = None

    @property
    def url(self) -> str:
        return f"{'http' if self.certificate is None else 'https'}://127.0.0.1:{self.port}"

    def options(self, certificate: str, key: str) -> list[str]:
        """The two options of a server's own names, where there are files."""
        if self.certificate is None or self.key is None:
            return []
        return [certificate, self.certificate, key, self.key]


@dataclass(frozen=True, slots=True)
class Server:
    """A server by the name of its package: one worker, one core, its defaults otherwise.

    `plain_loop` are the arguments that name asyncio's own event loop, where it would look for another.
    """

    package: str
    edge: str
    arguments: Callable[[str, Listen], list[str]]
    plain_loop: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return "an ASGI application" if self.edge == "asgi" else "a WSGI application"

    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None


def _uvicorn(app: str, at: Listen) -> list[str]:
    tls = at.options("--ssl-certfile", "--ssl-keyfile")
    return [app, "--port", str(at.port), "--no-access-log", "--log-level", "warning", *tls]


def _hypercorn(app: str, at: Listen) -> list[str]:
    return [
        app,
        "-b",
        f"127.0.0.1:{at.port}",
        "--log-level",
        "warning",
        *at.options("--certfile", "--keyfile"),
    ]


def _granian(interface: str) -> Callable[[str, Listen], list[str]]:
    def arguments(app: str, at: Listen) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(at.port), "--interface", interface]
        return [app, *where, "--log-level", "warning", *at.options("--ssl-certificate", "--ssl-keyfile")]

    return arguments


def _gunicorn(*kind: str) -> Callable[[str, Listen], list[str]]:
    def arguments(app: str, at: Listen) -> list[str]:
        where = ["-b", f"127.0.0.1:{at.port}", "--no-control-socket", "--log-level", "warning"]
        return [app, *where, *kind, *at.options("--certfile", "--keyfile")]

    return arguments


SERVERS: Mapping[str, Server] = {
    "uvicorn": Server("uvicorn", "asgi", _uvicorn, ("--loop", PLAIN_LOOP)),
    "granian": Server("granian", "asgi", _granian("asgi"), ("--loop", PLAIN_LOOP)),
    "hypercorn": Server("hypercorn", "asgi", _hypercorn),
    "gunicorn": Server("gunicorn", "wsgi", _gunicorn("-k", "sync")),
    "gunicorn-gthread": Server("gunicorn", "wsgi", _gunicorn("-k", "gthread", "--threads", "8")),
    "granian-wsgi": Server("granian", "wsgi", _granian("wsgi")),
}


class Running:
    """A server that answers."""

    def __init__(self, process: subprocess.Popen[bytes], listen: Listen) -> None:
        self._process = process
        self.url = listen.url

    def cpu_seconds(self) -> float:
        """Processor time that it and its workers have used so far (Linux; elsewhere 0)."""
        return sum(_cpu_seconds_of(pid) for pid in _family_of(self._process.pid))


class ServerError(Exception):
    """A server did not come up; the message ends with the last line that it said."""


@contextmanager
def serve(
    server: Server,
    app: str,
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    cpus: Sequence[int] = (),
    certificate: str | None = None,
    key: str | None = None,
    has_plain_loop: bool = False,
) -> Iterator[Running]:
    """Serve `module:attribute` until the end of the block. Raises ServerError.

    `has_plain_loop`: on asyncio's own event loop, whatever else is installed.
    """
    listen = Listen(_free_port(), certificate, key)
    command = [sys.executable, "-m", server.package, *server.arguments(app, listen)]
    if has_plain_loop:
        command += server.plain_loop
    if cpus and shutil.which("taskset"):
        command = ["taskset", "-c", ",".join(map(str, cpus)), *command]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - servers that are installed here
            command, stdout=log, stderr=log, env={**os.environ, **environment}, cwd=folder
        )
        try:
            _wait_for(process, listen.port, log)
            yield Running(process, listen)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and its workers, also where Ctrl-C interrupts the wait."""
    family = _family_of(process.pid)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
            for pid in family[1:]:  # workers, which nobody else would end now
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: object) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    log.seek(0)  # type: ignore[attr-defined]
    raise ServerError(f"the server did not come up: {last_line(log.read())}")  # type: ignore[attr-defined]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _family_of(pid: int) -> list[int]:
    """A process and all that it has begun."""
    try:
        lists = Path(f"/proc/{pid}/task").glob("*/children")
        children = [int(child) for one in lists for child in one.read_text().split()]
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family_of(child))]


def _cpu_seconds_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
