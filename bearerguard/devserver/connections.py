"""Keep count of a server's open connections, so that none lasts too long and all of them can be ended."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

MAX_CONNECTION_SECONDS = 60.0  # a byte now and then is no silence, and holds a thread all the same
MAX_CONNECTIONS = 256  # a browser opens six, tests that run in parallel some dozens
MAX_THREADS = 2 * MAX_CONNECTIONS  # one that is cut keeps its thread until its answer is ready
END_SECONDS = 0.1  # what threads get to end in, once their connections are cut


@dataclass(slots=True, eq=False)
class Connection:
    """One connection: the socket that it is read from now, the thread that does so, and until when."""

    socket: socket.socket
    thread: threading.Thread
    ends_at: float
    is_cut: bool = False

    def cut(self) -> None:
        """Make whoever reads or writes see its end."""
        self.is_cut = True
        with suppress(OSError):  # it is closed by now
            # Not the method of a TLS socket: that goes over to plain text first.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Connections:
    """The open connections of a server, the oldest first; of too many the oldest is cut."""

    def __init__(self) -> None:
        self._open: dict[Connection, None] = {}
        self._ending: set[Connection] = set()  # cut to make room, while their threads are not over yet
        self._is_over = False
        self._changing = threading.Lock()

    @contextmanager
    def hold(self, accepted: socket.socket) -> Iterator[Connection]:
        """Count a connection in for as long as this thread serves it."""
        connection = Connection(
            accepted, threading.current_thread(), time.monotonic() + MAX_CONNECTION_SECONDS
        )
        with self._changing:
            self._open[connection] = None
            if len(self._open) > MAX_CONNECTIONS:
                self._cut_oldest()
            if self._is_over:
                connection.cut()
        try:
            yield connection
        finally:
            with self._changing:
                self._open.pop(connection, None)
                self._ending.discard(connection)

    def _cut_oldest(self) -> None:
        oldest = next(iter(self._open))
        # Out of the order at once: the next one that comes must not cut the same again.
        del self._open[oldest]
        self._ending.add(oldest)
        oldest.cut()

    def go_on_with(self, connection: Connection, wrapped: socket.socket) -> None:
        """Read the connection from another socket object from now on."""
        with self._changing:
            connection.socket = wrapped
            if self._is_over or connection.is_cut:  # what was cut may have been the socket before
                connection.cut()

    def cut_overdue(self) -> None:
        """Cut those whose time is up."""
        now = time.monotonic()
        with self._changing:
            for connection in self._open:
                if now < connection.ends_at:
                    return
                connection.cut()

    def end(self) -> None:
        """Cut all, now and from now on; give the threads a moment to end."""
        with self._changing:
            self._is_over = True
            threads = [connection.thread for connection in (*self._open, *self._ending)]
            for connection in self._open:
                connection.cut()
        until = time.monotonic() + END_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
