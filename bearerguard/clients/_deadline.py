"""Keep a blocking call to one overall deadline.

A socket's timeout bounds one read, and so a server that drips a byte a second is never late. Here
every operation of the network gets what is left of the whole, the look-up of the name too.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

from bearerguard.clients._packages import httpcore

WRITE_BYTES = 16 * 1024  # one TLS record, after which the clock is asked again


class Deadline(threading.local):
    """When the call of this thread must be over; a call stays on one thread from begin to end."""

    at = 0.0

    def start(self, seconds: float) -> None:
        """Let what follows on this thread end within so many seconds."""
        self.at = time.monotonic() + seconds

    def left_seconds(self) -> float:
        """Give what is left. Raises httpcore's ReadTimeout where nothing is."""
        left_seconds = self.at - time.monotonic()
        if left_seconds <= 0:
            raise httpcore.ReadTimeout("the deadline is over")
        return left_seconds


class DeadlineStream(httpcore.NetworkStream):
    """A connection each of whose operations gets what is left of the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left_seconds())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_BYTES):
            self._stream.write(buffer[start : start + WRITE_BYTES], self._deadline.left_seconds())

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> DeadlineStream:
        left_seconds = self._deadline.left_seconds()
        return DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, left_seconds), self._deadline
        )

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections within the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> DeadlineStream:
        addresses = _Resolution(host, port).wait(self._deadline.left_seconds())
        failure: Exception = httpcore.ConnectError("the name has no address")
        for tried, address in enumerate(addresses):
            # A share of what is left, so that one silent address does not use up all of it.
            share = self._deadline.left_seconds() / (len(addresses) - tried)
            try:
                stream = self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream, self._deadline)
        raise failure


class _Resolution(threading.Thread):
    """Looks a name up on a thread of its own, since nothing else can be waited for with a deadline."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name="bearerguard-resolve", daemon=True)
        self._host = host
        self._port = port
        self._addresses: list[str] | None = None
        self._failure: OSError | None = None

    def run(self) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
        except (OSError, UnicodeError) as error:
            self._failure = OSError(str(error))

    def wait(self, seconds: float) -> list[str]:
        self.start()
        self.join(seconds)
        if self._failure is not None:
            raise httpcore.ConnectError("the name could not be looked up") from self._failure
        if self._addresses is None:
            raise httpcore.ConnectTimeout("the name could not be looked up in time")
        return self._addresses
