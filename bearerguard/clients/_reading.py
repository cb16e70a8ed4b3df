"""Read one answer off its connection, within its bounds."""

from __future__ import annotations

from typing import Protocol, cast

from bearerguard.clients import HttpResponse
from bearerguard.clients._incoming import Incoming
from bearerguard.clients._packages import httpcore, httpx
from bearerguard.wire.content_coding import Content, ContentError

# A piece of a byte costs as much as one of a kilobyte. Who writes JSON word by word stays far below.
MAX_PIECES = 4096


class Connection(Protocol):
    """A connection of ours, in either colour."""

    incoming: Incoming

    def holds_more(self) -> bool:
        """Tell whether more has been taken off the network than was read."""


class Reading:
    """An answer whose content is still to come."""

    def __init__(self, response: httpcore.Response, max_bytes: int) -> None:
        self._status = response.status
        self._fields = {name.lower(): value for name, value in httpx.Headers(response.headers).items()}
        self._content = Content(self._fields.get("content-encoding", ""), max_bytes)
        self._content_bytes = 0
        self._pieces = 0
        self._connection = cast("Connection", response.extensions["network_stream"])
        self._connection.incoming.expect(max_bytes)

    def add(self, piece: bytes) -> None:
        """Take the next piece of the content. Raises ContentError."""
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            raise ContentError("it comes in too many pieces")
        self._content_bytes += len(piece)
        self._content.add(piece)

    def end(self) -> HttpResponse:
        """Give all of it, and say whether the connection can be used again. Raises ContentError."""
        content = self._content.end()
        if not self._connection.holds_more():
            is_chunked = "transfer-encoding" in self._fields
            self._connection.incoming.end(self._content_bytes, is_chunked=is_chunked)
        return HttpResponse(status=self._status, fields=self._fields, content=content)
