"""What goes out of a guarded ASGI application: its answers, and ours."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from bearerguard.adapters import Fields, Standing, private_fields, substituted_fields, without_content
from bearerguard.adapters._asgi_request import AsgiRequest, Message, Send
from bearerguard.errors import Refusal, Unavailable
from bearerguard.responses import Answer
from bearerguard.server import ResourceServer

_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
POLICY_VIOLATION = 1008  # RFC 6455 section 7.4.1

class Reply:
    """The send channel as the application sees it.

    Adds our challenge to a 401, makes the answer to a query token private (RFC 6750 section 2.3), and
    sends our answer where an adapter could only refuse by an exception of its framework.
    """

    started = False
    _substitute: Answer | None = None

    def __init__(self, original_send: Send, standing: Standing, request: AsgiRequest) -> None:
        self.original_send = original_send
        self._standing = standing
        self._request = request

    def send(self, message: Message) -> Awaitable[None]:
        # Not an async def: that would cost every message a frame.
        kind = message["type"]
        if kind in _STARTS:
            self.started = True
            status = message["status"]
            if status >= 400 or self._request.query_taken:
                message = self._amend(message, status)
        elif self._substitute is not None:
            return self._send_substitute(message)
        elif kind == "websocket.accept":
            self.started = True
        return self.original_send(message)

    def _amend(self, message: Message, status: int) -> Message:
        headers = _to_text(message.get("headers", ()))
        refusal = self._standing.refusal
        server = self._standing.server
        if refusal is not None and refusal.status == status:
            self._substitute = server.respond(refusal, self._request.method)
            headers = substituted_fields(headers, self._substitute)
        elif status == 401:
            ours = server.challenges_beside([v for n, v in headers if n.lower() == "www-authenticate"])
            headers += [("www-authenticate", challenge) for challenge in ours]
        elif 200 <= status < 300:
            headers = private_fields(headers)
        return {**message, "headers": _to_bytes(headers)}

    async def _send_substitute(self, message: Message) -> None:
        answer = self._substitute
        if answer is not None and not message.get("more_body", False):
            await self.original_send({"type": message["type"], "body": answer.body, "more_body": False})


class StatusAndFields:
    """A send channel that lets nothing of a body through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = without_content(_to_text(message.get("headers", ())), message["status"])
            await self._send({"type": message["type"], "status": message["status"], "headers": _to_bytes(headers)})
        elif not self._is_ended:
            self._is_ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_refusal(
    server: ResourceServer, error: Refusal | Unavailable, request: AsgiRequest, send: Send
) -> None:
    """Answer in place of the application; a websocket is refused before it is accepted."""
    answer = server.respond(error, request.method)
    prefix = ""
    if request.scope["type"] == "websocket":
        if (await request.receive())["type"] != "websocket.connect":
            return  # the client has left
        if "websocket.http.response" not in (request.scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        prefix = "websocket."
    headers = _to_bytes(answer.headers)
    await send({"type": f"{prefix}http.response.start", "status": answer.status, "headers": headers})
    await send({"type": f"{prefix}http.response.body", "body": answer.body, "more_body": False})


def _to_text(headers: Iterable[tuple[bytes, bytes]]) -> Fields:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _to_bytes(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
