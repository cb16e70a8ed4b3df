"""Read an HTTP request, or a websocket's handshake, out of an ASGI scope."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from bearerguard.adapters import VOUCHED_FOR, is_forwarded_field
from bearerguard.request import BODY_CUT_SHORT, BODY_TOO_LARGE, BODY_TOO_SLOW, BodyNotRead, ResourceRequest
from bearerguard.token import AccessToken

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_LENGTH_DIGITS = 18  # no body is longer, and int() of a long text is not linear


class AsgiRequest(ResourceRequest):
    """`receive` is what the application must be given: it repeats what was read of the body."""

    query_taken = False  # whether a token was in the query string

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.scheme = scope.get("scheme", "")
        self.method = scope.get("method", "GET")  # a websocket's handshake is a GET

    def authorization(self) -> Sequence[bytes]:
        return [value for name, value in self.scope["headers"] if name == b"authorization"]

    def field(self, name: str) -> bytes | None:
        wanted = name.encode("ascii")
        values = [value for found, value in self.scope["headers"] if found == wanted]
        return b", ".join(values) if values else None

    def has_forwarded_field(self) -> bool:
        return any(is_forwarded_field(name.decode("latin-1")) for name, _ in self.scope["headers"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def authority(self) -> str:
        return (self.field("host") or b"").decode("latin-1")

    @property
    def peer(self) -> str | None:
        client = self.scope.get("client")
        return client[0] if client else None

    @property
    def query(self) -> bytes:
        return self.scope.get("query_string") or b""

    def replace_query(self, query: bytes) -> None:
        # In place: servers write their access line from this same dictionary.
        self.query_taken = True
        self.scope["query_string"] = query

    @property
    def vouched_for(self) -> AccessToken | None:
        found = self.scope.get(VOUCHED_FOR)
        return found if isinstance(found, AccessToken) else None

    async def read_body(self, max_bytes: int, timeout_seconds: float) -> bytes:
        import anyio  # not at import time: it brings asyncio with it

        length = self.field("content-length") or b""
        if length.isdigit() and (len(length) > MAX_LENGTH_DIGITS or int(length) > max_bytes):
            raise BodyNotRead(BODY_TOO_LARGE, 413)
        repeated = Repeated(self.receive)
        self.receive = repeated
        with anyio.move_on_after(timeout_seconds):
            return await repeated.read_all(max_bytes)
        raise BodyNotRead(BODY_TOO_SLOW, 408)


class Repeated:
    """A receive channel that gives again what was read from it, message by message."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: deque[Message] = deque()

    async def __call__(self) -> Message:
        return self._messages.popleft() if self._messages else await self._receive()

    async def read_all(self, max_bytes: int) -> bytes:
        size = 0
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                self._messages.append(message)
                raise BodyNotRead(BODY_CUT_SHORT)
            if message.get("body") or not message.get("more_body", False):  # empty pieces are not kept
                self._messages.append(message)
            size += len(message.get("body", b""))
            if size > max_bytes:
                raise BodyNotRead(BODY_TOO_LARGE, 413)
            if not message.get("more_body", False):
                return b"".join([one.get("body", b"") for one in self._messages])
            from anyio.lowlevel import checkpoint  # not at import time: it brings asyncio with it

            # A server may have messages ready without end: the deadline must be able to come in between.
            await checkpoint()


def without_body(receive: Receive) -> Receive:
    """Give the application an empty body and, when the client leaves, the news of that."""
    is_first = True

    async def receive_nothing() -> Message:
        nonlocal is_first
        if is_first:
            is_first = False
            return {"type": "http.request", "body": b"", "more_body": False}
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message

    return receive_nothing
