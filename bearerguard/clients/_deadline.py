"""Keep a blocking call to one overall deadline.

A socket's timeout bounds one read, and so a server that drips a byte a second is never late. Here
every operation of the network gets what is left of the whole, the look-up of the name too.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from bearerguard.clients._incoming import Incoming
from bearerguard.clients._packages import httpcore

WRITE_BYTES = 16 * 1024  # one TLS record, after which the clock is asked again


class Deadline:
    """When a call must be over."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left_seconds(self) -> float:
        """Give what is left. Raises httpcore's ReadTimeout where nothing is."""
        left_seconds = self._at - time.monotonic()
        if left_seconds <= 0:
            raise httpcore.ReadTimeout("the deadline is over")
        return left_seconds


class DeadlineStream(httpcore.NetworkStream):
    """A connection each of whose operations gets what is left; `deadline` is that of the call under way."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self.deadline = deadline
        self.incoming = Incoming()
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.incoming.add(self._stream.read(max_bytes, self.deadline.left_seconds()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.incoming.begin()
        for start in range(0, len(buffer), WRITE_BYTES):
            self._stream.write(buffer[start : start + WRITE_BYTES], self.deadline.left_seconds())

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> DeadlineStream:
        left_seconds = self.deadline.left_seconds()
        return DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, left_seconds), self.deadline
        )

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def holds_more(self) -> bool:
        """Tell that nothing is held back here: a look at the socket shows whatever comes next."""
        return False


def connect(host: str, port: int, deadline: Deadline) -> DeadlineStream:
    """Open a connection to one of the addresses of a name."""
    addresses = _Resolution(host, port).wait(deadline.left_seconds())
    failure: Exception = httpcore.ConnectError("the name has no address")
    for tried, address in enumerate(addresses):
        # A share of what is left, so that one silent address does not use up all of it.
        share = deadline.left_seconds() / (len(addresses) - tried)
        try:
            return DeadlineStream(httpcore.SyncBackend().connect_tcp(address, port, share), deadline)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            failure = error
    raise failure


class _Resolution(threading.Thread):
    """Looks a name up on a thread of its own, since nothing else can be waited for with a deadline."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name="bearerguard-resolve", daemon=True)
        self._host = host
        self._port = port
        self._addresses: list[str] | None = None
        self._failure: OSError | UnicodeError | None = None

    def run(self) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
        except (OSError, UnicodeError) as error:
            self._failure = error

    def wait(self, seconds: float) -> list[str]:
        self.start()
        self.join(seconds)
        if self._failure is not None:
            raise httpcore.ConnectError("the name could not be looked up") from self._failure
        if self._addresses is None:
            raise httpcore.ConnectTimeout("the name could not be looked up in time")
        return self._addresses
