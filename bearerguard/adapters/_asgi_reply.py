"""What goes out of a guarded ASGI application: its answers, and ours."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Awaitable, Iterable
from functools import lru_cache

from bearerguard.adapters import OF_CONTENT, Fields, private_fields, without_content
from bearerguard.adapters._asgi_request import AsgiRequest, Message, Receive, Scope, Send
from bearerguard.responses import KEPT_ANSWERS, Answer
from bearerguard.server import ResourceServer

_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
# From an adapter to `AsgiExchange.send`, where it ends; a name that nobody outside this process knows.
BODY_FIELD = f"bearerguard-body-{secrets.token_hex(8)}"
PRIVATE_HEADER = (b"cache-control", b"private")
POLICY_VIOLATION = 1008  # RFC 6455 section 7.4.1


class AsgiExchange(AsgiRequest):
    """A request together with the send channel as the application sees it; one object for each request.

    `send` adds our challenge to a 401, makes the answer to a query token private (RFC 6750 section
    2.3), and puts our body in place of the framework's where an adapter could only refuse by an
    exception of its framework (see `BODY_FIELD`).
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, server: ResourceServer) -> None:
        self.scope = scope
        self.receive = receive
        self.scheme = scope.get("scheme", "")
        self.method = scope.get("method", "GET")
        self.query_taken = self.started = False
        self._substitute: bytes | None = None
        self.original_send = send
        self._server = server

    def send(self, message: Message) -> Awaitable[None]:
        # Not an async def: that would cost every message a frame.
        if self.started:
            return self.original_send(message) if self._substitute is None else self._send_substitute(message)
        kind = message["type"]
        if kind in _STARTS:
            self.started = True
            status = message["status"]
            if status >= 400 or (self.query_taken and status < 300):
                message = self._amend(message, status)
        elif kind == "websocket.accept":
            self.started = True
        return self.original_send(message)

    def _amend(self, message: Message, status: int) -> Message:
        if 200 <= status < 300:
            return {**message, "headers": private_headers(message.get("headers", ()))}
        headers = to_text(message.get("headers", ()))
        if status == 401:
            theirs = [value for name, value in headers if name.lower() == "www-authenticate"]
            headers += [("www-authenticate", one) for one in self._server.challenges_beside(theirs)]
        return {**message, "headers": to_bytes(self._with_our_body(headers))}

    def _with_our_body(self, headers: Fields) -> Fields:
        """Announce our body in place of the framework's, whatever was made of that one on its way here."""
        found = [value for name, value in headers if name.lower() == BODY_FIELD]
        if not found:
            return headers
        body = b64decode(found[0])
        self._substitute = b"" if self.method == "HEAD" else body
        replaced = {BODY_FIELD, *OF_CONTENT} if body else {BODY_FIELD, "content-type", *OF_CONTENT}
        kept = [(name, value) for name, value in headers if name.lower() not in replaced]
        return [*kept, ("content-length", str(len(body)))]

    async def _send_substitute(self, message: Message) -> None:
        if not message.get("more_body", False):
            await self.original_send({**message, "body": self._substitute})


class StatusAndFields:
    """A send channel that lets nothing of a body through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._owes_an_end = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._owes_an_end = True
            status = message["status"]
            headers = to_bytes(without_content(to_text(message.get("headers", ())), status))
            await self._send({"type": message["type"], "status": status, "headers": headers})
        elif self._owes_an_end:
            self._owes_an_end = False
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_answer(answer: Answer, scope: Scope, send: Send) -> None:
    """Answer in place of the application; a websocket is refused before it is accepted."""
    prefix = ""
    if scope["type"] == "websocket":
        # Not asked to receive first: whoever refuses may have, and would then wait for the client.
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        prefix = "websocket."
    headers = list(_bytes_of(answer.headers))
    await send({"type": f"{prefix}http.response.start", "status": answer.status, "headers": headers})
    await send({"type": f"{prefix}http.response.body", "body": answer.body, "more_body": False})


@lru_cache(maxsize=KEPT_ANSWERS)
def _bytes_of(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return to_bytes(headers)


def private_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Make an answer private to its user (RFC 6750 section 2.3)."""
    headers = list(headers)
    for name, _ in headers:
        if name.lower() == b"cache-control":
            return to_bytes(private_fields(to_text(headers)))
    return [*headers, PRIVATE_HEADER]  # the usual case


def to_text(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def to_bytes(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
