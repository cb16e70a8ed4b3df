"""Undo a content coding within a bound (RFC 9110 section 8.4.1).

    Content-Encoding = #content-coding        ; read here: none, identity, gzip, x-gzip, deflate

A few kilobytes of a compression bomb unfold to gigabytes: at no time does more than the bound exist.
"""

from __future__ import annotations

import zlib

_PLAIN = frozenset({"", "identity"})
_ZLIB = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER_FORMAT = 32 + zlib.MAX_WBITS  # zlib looks at the first bytes: gzip, or its own


class ContentError(ValueError):
    """The content is no use; the message is fixed text."""


class Content:
    """The content of one response, as it comes in."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        coding = coding.strip(" \t").lower()
        if coding not in _PLAIN | _ZLIB:
            raise ContentError("its content coding is not one that was asked for")
        self._inflate = zlib.decompressobj(_EITHER_FORMAT) if coding in _ZLIB else None
        self._max_bytes = max_bytes
        self._came_bytes = 0
        self._content = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece off the network. Raises ContentError."""
        self._came_bytes += len(piece)
        if self._inflate is not None:
            try:
                # One more than fits, so that too much is told from just enough.
                piece = self._inflate.decompress(piece, self._max_bytes - len(self._content) + 1)
            except zlib.error as error:
                raise ContentError("its compressed content is broken") from error
        self._content += piece
        if max(len(self._content), self._came_bytes) > self._max_bytes:
            raise ContentError(f"it is longer than {self._max_bytes} bytes")

    def end(self) -> bytes:
        """Give all of it. Raises ContentError where compressed content was cut short, or has a tail."""
        if self._inflate is not None and (not self._inflate.eof or self._inflate.unused_data):
            raise ContentError("its compressed content is broken")
        return bytes(self._content)
