"""One connection, from the server's end: whatever is done with it, byte by byte.

When the client has left, or the server stops, whatever is done next raises Gone: so the endless behaviours
need no end of their own.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

DRIP_SECONDS = 0.02
PATIENCE_SECONDS = 20.0  # far beyond any deadline of ours: whoever waits for it has found a defect
RESET = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The client has left, or the server is being stopped."""


@dataclass(frozen=True)
class Question:
    """One call, as it came in over the connection of this number."""

    connection: int
    method: str
    path: str
    fields: dict[str, str]
    form: dict[str, str]

    @property
    def token(self) -> str:
        return self.form["token"]


class Server(Protocol):
    """What a behaviour may ask of its server, and tell it."""

    stopping: threading.Event
    go: threading.Event
    elsewhere: str

    def note(self, question: Question) -> Question:
        """Keep a question that came in."""

    def mark(self) -> None:
        """Tell whoever waits that a behaviour has come so far."""


class Talk:
    """One connection, the server's end."""

    def __init__(self, server: Server, connection: socket.socket, number: int) -> None:
        self.server = server
        self.number = number
        self.socket = connection
        self._came = b""

    def read(self) -> Question:
        """Read one question to its end."""
        while b"\r\n\r\n" not in self._came:
            self._receive()
        head, _, rest = self._came.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, path, _ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(fields.get("content-length", 0))
        while len(rest) < length:
            self._receive()
            rest = self._came.partition(b"\r\n\r\n")[2]
        self._came = rest[length:]
        form = dict(parse_qsl(rest[:length].decode("ascii")))
        return self.server.note(Question(self.number, method, path, fields, form))

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone from error

    def drip(self, data: bytes) -> None:
        """Send one byte at a time."""
        for at in range(len(data)):
            self.send(data[at : at + 1])
            self.pause()

    def flood(self, data: bytes) -> None:
        """Send this again and again, as fast as it is taken."""
        while True:
            self.send(data)

    def pause(self, seconds: float = DRIP_SECONDS) -> None:
        if self.server.stopping.wait(seconds):
            raise Gone

    def wait_for_go(self) -> None:
        self.server.go.wait(PATIENCE_SECONDS)

    def hang(self) -> None:
        """Say nothing until the client leaves."""
        while True:
            self._receive()

    def reset(self) -> None:
        """Cut the connection off, with no regard to what is still on its way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self) -> None:
        self.socket.close()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands, as a server does."""
        try:
            self.socket = secured = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
            secured.do_handshake()
        except OSError as error:
            self._let_it_leave()
            raise Gone from error

    def _let_it_leave(self) -> None:
        """Take what still comes: closing before would take back what we said last, the alert."""
        try:
            while socket.socket.recv(self.socket, 65536):
                pass
        except OSError:
            pass

    def _receive(self) -> None:
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self._came += data
