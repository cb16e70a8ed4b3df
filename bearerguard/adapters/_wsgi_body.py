"""Read the beginning of a WSGI body within bounds of size and time, and give it again.

WSGI has no way to stop waiting for a slow client, so the reading is done by a thread of its own, and
the request waits for that no longer than it may. The thread ends when the server's own stream does.
"""

from __future__ import annotations

import io
import threading
import time
from typing import Any

from bearerguard.errors import Unavailable
from bearerguard.request import BODY_CUT_SHORT, BODY_MALFORMED, BODY_TOO_LARGE, BODY_TOO_SLOW, BodyNotRead

# A client that stalls keeps its thread beyond its time, until it leaves. So many of those are an attack, and
# must not become threads without end.
MAX_OVERDUE = 64
_overdue: set[ReadAhead] = set()
_overdue_lock = threading.Lock()


def read_buffer(stream: io.BytesIO, length: int | None, max_bytes: int) -> bytes:
    """Read a body that has arrived already, and leave it to be read again.

    Raises BodyNotRead.
    """
    begun_at = stream.tell()
    body = stream.read(max_bytes + 1 if length is None else length)
    stream.seek(begun_at)
    if len(body) > max_bytes:
        raise BodyNotRead(BODY_TOO_LARGE, 413)
    if length is not None and len(body) < length:
        raise BodyNotRead(BODY_CUT_SHORT)
    return body


def is_malformed(error: Exception) -> bool:
    """Tell whether a server means by this that a body is no valid HTTP (RFC 9112 section 7.1).

    PEP 3333 has no exception for it, so servers raise OSError or ValueError with words of their own. A
    connection that breaks is an OSError too: of the system, which has given it a number, or of a known kind.
    """
    if isinstance(error, ConnectionError | TimeoutError):
        return False
    return isinstance(error, ValueError) or (isinstance(error, OSError) and error.errno is None)


class ReadAhead(io.RawIOBase):
    """What was read ahead of a stream, followed by the rest of it.

    `length` is the body's announced length; None where the stream itself ends with the body.
    """

    def __init__(self, stream: Any, length: int | None) -> None:
        self._stream = stream
        self._read_some = getattr(stream, "read1", stream.read)
        self._rest = length
        self._ahead = bytearray()
        self._is_ended = False
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None
        self._is_reading = False

    def read_all(self, max_bytes: int, timeout_seconds: float) -> bytes:
        """Read to the end of the body; what was read remains to be read again.

        Raises BodyNotRead.
        """
        deadline = time.monotonic() + timeout_seconds
        if len(_overdue) >= MAX_OVERDUE:
            raise Unavailable("too many clients stall in the middle of a form")
        self._thread = threading.Thread(target=self._read_aside, args=(max_bytes, deadline), daemon=True)
        self._is_reading = True
        self._thread.start()
        self._thread.join(timeout_seconds)
        with _overdue_lock:
            if self._is_reading:
                _overdue.add(self)
                raise BodyNotRead(BODY_TOO_SLOW, 408)
        if self._error is not None:
            if is_malformed(self._error):
                raise BodyNotRead(BODY_MALFORMED) from self._error
            raise self._error
        if len(self._ahead) > max_bytes:
            raise BodyNotRead(BODY_TOO_LARGE, 413)
        if not self._is_ended:
            raise BodyNotRead(BODY_TOO_SLOW, 408)
        if self._rest:
            raise BodyNotRead(BODY_CUT_SHORT)
        return bytes(self._ahead)

    def _read_aside(self, max_bytes: int, deadline: float) -> None:
        try:
            self._read_until(max_bytes, deadline)
        finally:
            with _overdue_lock:
                self._is_reading = False
                _overdue.discard(self)

    def _read_until(self, max_bytes: int, deadline: float) -> None:
        try:
            while not self._is_ended and len(self._ahead) <= max_bytes and time.monotonic() < deadline:
                self._ahead += self._next(max_bytes + 1 - len(self._ahead))
        except Exception as error:  # noqa: BLE001 - carried over to whoever waits for this thread
            self._error = error

    def _next(self, size: int) -> bytes:
        wanted = size if self._rest is None else min(size, self._rest)
        piece: bytes = self._read_some(wanted) if wanted else b""
        self._is_ended = not piece
        if self._rest is not None:
            self._rest -= len(piece)
            self._is_ended = self._is_ended or self._rest == 0
        return piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._thread is not None:
            self._thread.join()  # it may still be in the middle of a read of the same stream
        if self._error is not None:
            raise self._error
        if not self._ahead and not self._is_ended:
            self._ahead += self._next(len(buffer))
        piece = self._ahead[: len(buffer)]
        del self._ahead[: len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)
