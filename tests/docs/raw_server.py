"""A server for tests that says, byte for byte, what it is told to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

Script = Callable[[socket.socket], None]

TIMEOUT_SECONDS = 10.0  # for a test that has gone wrong; nothing waits for it otherwise


class RawServer:
    """Reads one request a connection, and lets a script say the rest; `asked` holds the requests.

    The first script is for the first request, the last one for all that follow. With `listens=False`
    it answers whatever comes first.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, listens: bool = True) -> None:
        self.asked: list[bytes] = []
        self._read = read_request if listens else _receive
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT_SECONDS)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # the listener was closed: that is all
            with connection:
                connection.settimeout(TIMEOUT_SECONDS)
                try:
                    self._answer(connection)
                except OSError:
                    continue  # a client that leaves early is what some tests are about

    def _answer(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            self.asked.append(self._read(connection))
            self._scripts[min(len(self.asked), len(self._scripts)) - 1](connection)


def read_request(connection: socket.socket) -> bytes:
    """Read the header and all of the content, which may come apart from it."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += _receive(connection)
    header, _, content = request.partition(b"\r\n\r\n")
    length = int(header.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(content) < length:
        content += _receive(connection)
    return header + b"\r\n\r\n" + content


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(64 * 1024)
    if not received:
        raise ConnectionError("the client left before it had asked")
    return received


def says(content: bytes, *fields: str, more: bytes = b"") -> Script:
    """Answer 200 with this content of JSON and these header fields, and a bit more, and close."""
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(content)}", *fields]
    return lambda connection: connection.sendall("\r\n".join([*head, "", ""]).encode() + content + more)


def hangs(connection: socket.socket) -> None:
    """Say nothing until the client leaves."""
    connection.recv(1)


def drips(connection: socket.socket) -> None:
    """Say a good beginning, and then a byte now and then until the client leaves."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    connection.settimeout(0.01)
    while True:
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            connection.sendall(b" ")


def boasts(connection: socket.socket) -> None:
    """Say one header field after the other until the client leaves."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Field: " + b"x" * 1024 + b"\r\n")


def crumbles(connection: socket.socket) -> None:
    """Say a byte a chunk until the client leaves."""
    fields = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + fields)
    while True:
        connection.sendall(b"1\r\n \r\n" * 64)


def cuts(connection: socket.socket) -> None:
    """Promise more than comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
