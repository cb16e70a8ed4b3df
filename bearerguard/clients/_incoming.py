"""Tell one answer from an answer and a bit more (RFC 9112 sections 6.3, 7.1 and 9.3).

    chunked-body = *chunk last-chunk trailer-section CRLF
    chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
    last-chunk   = 1*("0") [ chunk-ext ] CRLF

What lies behind an answer would be taken for the answer to the next question, which is about another
token. So a connection is used again only where all that came over it since its last question is one
answer in the plainest form; whatever is unusual costs the connection, and nothing else.
"""

from __future__ import annotations

import re

from bearerguard.wire.content_coding import ContentError

# For all that is not content: headers, answers before the answer such as 100 Continue, the sizes of chunks.
MAX_HEAD_BYTES = 64 * 1024

# One TLS record. Behind a longer answer more could be hidden than is looked for.
MAX_KEPT_BYTES = 16 * 1024

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")


class Incoming:
    """What has come over one connection since its last question."""

    def __init__(self) -> None:
        self.is_one_answer = False
        self._came = bytearray()
        self._came_bytes = 0
        self._max_bytes = MAX_HEAD_BYTES

    @property
    def is_long(self) -> bool:
        """Tell whether more has come than a connection is kept for."""
        return self._came_bytes > MAX_KEPT_BYTES

    def begin(self) -> None:
        """Forget what came before: a question goes out."""
        self.is_one_answer = False
        self._came.clear()
        self._came_bytes = 0
        self._max_bytes = MAX_HEAD_BYTES

    def add(self, piece: bytes) -> bytes:
        """Note the next piece, and give it back. Raises ContentError where it is too much."""
        self._came_bytes += len(piece)
        if self._came_bytes > self._max_bytes:
            raise ContentError("it takes too many bytes to say what it says")
        if not self.is_long:
            self._came += piece
        return piece

    def expect(self, max_bytes: int) -> None:
        """Let a content of this many bytes come as well."""
        self._max_bytes = MAX_HEAD_BYTES + max_bytes

    def end(self, content_bytes: int, *, is_chunked: bool) -> None:
        """Judge what came: the answer is read, and its content had so many bytes."""
        self.is_one_answer = not self.is_long and _is_one_answer(
            bytes(self._came), content_bytes, is_chunked=is_chunked
        )


def _is_one_answer(came: bytes, content_bytes: int, *, is_chunked: bool) -> bool:
    head, _, body = came.partition(b"\r\n\r\n")
    if head.count(b"\n") != head.count(b"\r\n"):
        return False  # a bare line feed may have ended the head before
    return _are_chunks(body) if is_chunked else len(body) == content_bytes


def _are_chunks(body: bytes) -> bool:
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        chunk_bytes = int(size[1], 16)
        at = size.end() + chunk_bytes + 2
        if chunk_bytes == 0:
            return at == len(body) and body.endswith(b"\r\n")
    return False
