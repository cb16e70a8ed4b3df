"""Connections for threads, over which every call keeps to a deadline."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bearerguard.clients._deadline import Deadline, DeadlineStream, connect
from bearerguard.clients._kept import Kept
from bearerguard.clients._packages import httpcore
from bearerguard.clients._places import place


class ThreadConnection:
    """One connection: what is watched, and the HTTP that is spoken over it."""

    def __init__(
        self, origin: httpcore.Origin, stream: DeadlineStream, keepalive_seconds: float, generation: int
    ) -> None:
        self.origin = origin
        self.generation = generation
        self.stream = stream
        self.http = httpcore.HTTP11Connection(origin, stream, keepalive_seconds)

    def is_reusable(self) -> bool:
        return self.http.is_idle() and self.stream.incoming.is_one_answer

    def has_expired(self) -> bool:
        return self.http.has_expired()


class ThreadTransport:
    """Makes calls, on any thread; failures are httpcore's own."""

    def __init__(
        self, ssl_context: ssl.SSLContext, *, max_connections: int, keepalive_seconds: float
    ) -> None:
        self._ssl_context = ssl_context
        self._keepalive_seconds = keepalive_seconds
        self._places = threading.Semaphore(max_connections)
        self._kept: Kept[ThreadConnection] = Kept(max_connections)
        self._open: set[ThreadConnection] = set()

    @contextmanager
    def call(self, request: httpcore.Request, seconds: float) -> Iterator[httpcore.Response]:
        """Make a call; the content of the answer is read inside, and all of it within so many seconds."""
        deadline = Deadline(seconds)
        with place(self._places, seconds), self._connection(request.url.origin, deadline) as connection:
            response = connection.http.handle_request(request)
            try:
                yield response
            finally:
                response.close()

    def close(self) -> None:
        """Close what is idle now; what is in use is closed after its call."""
        for connection in self._kept.take_all():
            self._close(connection)

    def abandon(self) -> None:
        """Let go of every connection, without a lock: another process goes on using them."""
        for connection in self._open:
            connection.stream.close()

    @contextmanager
    def _connection(self, origin: httpcore.Origin, deadline: Deadline) -> Iterator[ThreadConnection]:
        connection = self._take(origin) or self._connect(origin, deadline)
        connection.stream.deadline = deadline
        try:
            yield connection
        finally:
            if not self._kept.keep(connection):
                self._close(connection)
            while (surplus := self._kept.take_surplus()) is not None:
                self._close(surplus)

    def _take(self, origin: httpcore.Origin) -> ThreadConnection | None:
        while (connection := self._kept.take(origin)) is not None:
            if not connection.has_expired():
                return connection
            self._close(connection)
        return None

    def _connect(self, origin: httpcore.Origin, deadline: Deadline) -> ThreadConnection:
        generation = self._kept.generation
        host = origin.host.decode("ascii")
        stream = connect(host, origin.port, deadline)
        if origin.scheme == b"https":
            stream = stream.start_tls(self._ssl_context, host)
        connection = ThreadConnection(origin, stream, self._keepalive_seconds, generation)
        self._open.add(connection)
        return connection

    def _close(self, connection: ThreadConnection) -> None:
        connection.http.close()
        self._open.discard(connection)
