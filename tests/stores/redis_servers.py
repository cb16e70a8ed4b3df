"""Redis servers for tests: the one of this machine, and others of a test's own that may be killed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
import redis

URL = "redis://127.0.0.1:6379/0"
START_SECONDS = 5.0


def missing(what: str) -> NoReturn:
    """Skip, but not where all must be there."""
    if "CI" in os.environ:
        pytest.fail(f"{what} is not there")
    pytest.skip(f"{what} is not there")


def own_prefix(name: str) -> str:
    """Give a prefix that no other test has, on a Redis that answers."""
    try:
        redis.Redis.from_url(URL).ping()
    except redis.RedisError:
        missing("a Redis at 127.0.0.1:6379")
    return f"test-{name}-{os.getpid()}:"


def forget(prefix: str, url: str = URL) -> None:
    """Delete what a test has left."""
    with redis.Redis.from_url(url) as client:
        if keys := list(client.scan_iter(match=f"{prefix}*", count=1_000)):
            client.delete(*keys)


def free_port() -> int:
    """Give a port that nobody has, nor its cluster bus."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if port < 50_000:
            return port


class Server:
    """A redis-server, or with `sentinel` a sentinel, of a test's own; it is to be killed at the end."""

    def __init__(self, folder: Path, *settings: str, port: int | None = None, sentinel: bool = False) -> None:
        self.program = shutil.which("redis-server")
        if self.program is None:
            missing("redis-server")
        self.port = free_port() if port is None else port
        self.folder = folder / str(self.port)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.is_sentinel = sentinel
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it on the port and the folder that it had, and wait until it answers."""
        file = self.folder / "redis.conf"
        if not file.exists():
            lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}"]
            lines += [] if self.is_sentinel else ['save ""']
            file.write_text("\n".join([*lines, *self.settings]) + "\n")
        command = [str(self.program), str(file), *(["--sentinel"] if self.is_sentinel else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=0.1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(64).startswith((b"+PONG", b"-NOAUTH")):
                        return
            except OSError:
                pass
            assert time.monotonic() < give_up_at, "the server does not start"
            time.sleep(0.01)

    def ask(self, *command: str) -> object:
        """Do a command on a connection of its own."""
        with redis.Redis(port=self.port, protocol=2) as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(folder: Path, *settings: str, sentinel: bool = False) -> Iterator[Server]:
    """Have a server for a while."""
    server = Server(folder, *settings, sentinel=sentinel)
    try:
        yield server
    finally:
        server.kill()
