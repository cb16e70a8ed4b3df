"""A line between workers and their store that can be slow, cut, dead in either direction, or laid elsewhere.

A dead line holds what is sent, as TCP does where packets get lost, and delivers it when it lives again. Who
connects meanwhile is accepted and hears nothing.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

ASK_SECONDS = 5.0  # what connecting to a server of this machine may take


class Proxy:
    """A port of its own before another."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.delay_seconds = 0.0
        self._carries_questions, self._carries_answers = threading.Event(), threading.Event()
        self.revive()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._joined: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def black_hole(self, *, answers_only: bool = False) -> None:
        self._carries_answers.clear()
        if not answers_only:
            self._carries_questions.clear()

    def revive(self) -> None:
        self._carries_questions.set()
        self._carries_answers.set()

    def cut(self) -> None:
        """End all connections."""
        for one in tuple(self._sockets):
            _end(one)

    def close(self) -> None:
        _end(self._listener)
        self._acceptor.join()
        self._listener.close()
        self.revive()
        self.cut()
        for thread in self._joined:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._join, args=(client,), daemon=True)
            thread.start()
            self._joined = [*(one for one in self._joined if one.is_alive()), thread]

    def _join(self, client: socket.socket) -> None:
        self._carries_questions.wait()
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self.to), timeout=ASK_SECONDS)
            except OSError:
                return
            with server:
                server.settimeout(None)
                self._relay(client, server)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.add(one)
        arguments = (server, client, self._carries_answers)
        answers = threading.Thread(target=self._pump, args=arguments, daemon=True)
        answers.start()
        self._pump(client, server, self._carries_questions)
        answers.join()
        self._sockets -= {client, server}

    def _pump(self, source: socket.socket, target: socket.socket, carries: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                carries.wait()
                if self.delay_seconds:
                    time.sleep(self.delay_seconds)
                target.sendall(data)
        carries.wait()
        _end(source)
        _end(target)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
