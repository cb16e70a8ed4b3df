"""A terminal to type a page's commands into: one shell, and servers on ports that the system picks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from tests.docs.pages import ROOT

END = "\x1e"  # printed after each command; nothing else prints a record separator
SERVERS = ("uvicorn ", "flask ")  # a page's commands that do not end by themselves
START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 10.0

_PORT = re.compile(r"--port (\d+)")
_RUNNING = re.compile(r"(?:[Rr]unning on|Listening at:) https?://127\.0\.0\.1:(\d+)")


class Server:
    """A server of the page, in the background; its log is kept."""

    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        self.name = command
        self.log = ""
        self.port = ""
        self._is_up = threading.Event()
        self._process = subprocess.Popen(
            _PORT.sub("--port 0", command).split(),
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        if not self._is_up.wait(START_TIMEOUT_SECONDS) or not self.port:
            self.stop()
            raise AssertionError(f"{command} did not start:\n{self.log}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self.log += line
                if not self.port and (match := _RUNNING.search(line)):
                    self.port = match[1]
                    self._is_up.set()
        self._is_up.set()  # it has ended: nobody need wait any longer


class Terminal:
    """Types commands and gives what they print, with the page's own ports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = environment_of(folder)
        self._ports: dict[str, str] = {}
        self.servers: list[Server] = []
        self._shell = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.servers:
            server.stop()
        self._shell.communicate("exit\n", timeout=STOP_TIMEOUT_SECONDS)

    def type(self, command: str) -> str:
        """Run a command to its end, or start a server."""
        if command.startswith(SERVERS):
            server = Server(command, self._folder, self._environment)
            self.servers.append(server)
            if match := _PORT.search(command):
                self._ports[match[1]] = server.port
            return ""
        for theirs, ours in self._ports.items():
            command = re.sub(rf"(127\.0\.0\.1|localhost):{theirs}\b", rf"\1:{ours}", command)
        return self._run(command)

    def _run(self, command: str) -> str:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\nprintf '\\n{END}\\n'\n")
        self._shell.stdin.flush()
        lines: list[str] = []
        for line in self._shell.stdout:
            if line.startswith(END):
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"the shell ended after {command!r}:\n{''.join(lines)}")


def environment_of(folder: Path) -> dict[str, str]:
    """The tools of this Python first, the command `bearerguard` of this tree before all."""
    tools = folder / ".tools"
    tools.mkdir()
    for name, module in (("bearerguard", "bearerguard"), ("uvicorn", "uvicorn"), ("flask", "flask")):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        tool.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BEARERGUARD")}
    return {
        **kept,
        "PATH": f"{tools}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])]),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "TZ": "UTC",
    }
