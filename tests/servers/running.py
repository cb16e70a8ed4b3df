"""Run real servers: the commands, their processes, and a client that sends the bytes it is told to."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest

START_SECONDS = 60
ASGI = ("uvicorn-h11", "uvicorn-httptools", "hypercorn", "granian-asgi")
WSGI = ("gunicorn-sync", "gunicorn-gthread", "granian-wsgi", "wsgiref", "werkzeug")


@dataclass
class Answer:
    """A response as it came over the wire."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.fields if found.lower() == name]


@dataclass
class Server:
    """A server's process: where it listens, what it has logged."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    context: ssl.SSLContext
    port: int = 0

    @property
    def is_asgi(self) -> bool:
        return self.name in ASGI

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, is_there: Callable[[str], object], seconds: float = 5) -> str:
        """Give what was logged, once this is there."""
        deadline = time.monotonic() + seconds
        while not is_there(text := self.logged()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self.name} did not say it:\n{text}")
            time.sleep(0.02)
        return text

    def listen(self) -> None:
        found = re.compile(r"https?://127\.0\.0\.1:(\d+)")
        text = self.wait_for(found.search, START_SECONDS)
        self.port = self.port or int(found.search(text)[1])  # type: ignore[index]
        deadline = time.monotonic() + START_SECONDS
        while True:  # some say where they listen before they do
            try:
                self.connect().close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=self.context, timeout=10)

    def connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            return self.context.wrap_socket(plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise

    def raw(self, request: bytes, method: str = "GET") -> Answer:
        """Send these bytes and read one response."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_answer(connection, method)


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one response off a connection."""
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        response.close()


def command(name: str, certificate: str, key: str, port: int) -> list[str]:
    """How each server is started with TLS and an access log."""
    python = [sys.executable, "-m"]
    kind, _, variant = name.partition("-")
    app = f"tests.servers.guarded:{'asgi' if name in ASGI else 'wsgi'}"
    if kind == "uvicorn":
        tls = ["--ssl-certfile", certificate, "--ssl-keyfile", key]
        return [*python, "uvicorn", app, "--port", "0", "--http", variant, *tls]
    if kind == "hypercorn":
        tls = ["--certfile", certificate, "--keyfile", key]
        return [*python, "hypercorn", app, "-b", "127.0.0.1:0", "--access-logfile", "-", *tls]
    if kind == "gunicorn":
        tls = ["--certfile", certificate, "--keyfile", key]
        threads = ["--threads", "8"] if variant == "gthread" else []
        logs = ["--access-logfile", "-", "--no-control-socket"]
        return [*python, "gunicorn", app, "-b", "127.0.0.1:0", "-k", variant, *threads, *logs, *tls]
    if kind == "granian":
        tls = ["--ssl-certificate", certificate, "--ssl-keyfile", key]
        where = ["--host", "127.0.0.1", "--port", str(port)]
        return [*python, "granian", app, "--interface", variant, *where, "--access-log", *tls]
    return [*python, "tests.servers.simple", name, certificate, key]


def free_port() -> int:
    """A port for granian, which cannot say which one it was given."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
