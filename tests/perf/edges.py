"""A trivial application behind each middleware, and the server that calls it: little besides the guard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from typing import Any

from bearerguard import AsgiMiddleware, ResourceServer, WsgiMiddleware
from bearerguard.adapters import asgi, wsgi
from tests.support import asgi_scope, wsgi_environ

PUBLIC = ("/health", "/static/*")
Around = AbstractContextManager[object]


def nothing() -> None:
    """What happens in the application, where nobody looks."""


class Asgi:
    """Calls the guard as an ASGI server does."""

    def __init__(self, server: ResourceServer, request: Callable[[], Mapping[str, Any]]) -> None:
        self.status = 0  # of the last answer
        self.entered = nothing  # what happens in the application
        self._request = request
        self._body = b""
        self._guard = AsgiMiddleware(self.application, server, public=PUBLIC)

    def require(self, scope: str) -> None:
        self._guard.app = asgi.requires(scope)(self.application)

    def once(self, *around: Around) -> None:
        """Answer one request within each of these; nothing but the answering happens there."""
        asyncio.run(self._once(around))

    def many(self, times: int, around: Around) -> None:
        """Answer so many requests, each made and dropped within `around`."""
        asyncio.run(self._many(times, around))

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        self.entered()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def receive(self) -> Any:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Any) -> None:
        if "status" in message:
            self.status = message["status"]

    async def _once(self, around: Iterable[Around]) -> None:
        for one in around:
            scope = self._scope()
            with one:
                await self._guard(scope, self.receive, self.send)

    async def _many(self, times: int, around: Around) -> None:
        await self._once([nullcontext()])  # a loop that is new makes some things once
        with around:
            for _ in range(times):
                await self._guard(self._scope(), self.receive, self.send)
                await asyncio.sleep(0)  # as between two requests of a server: the loop drops old timers

    def _scope(self) -> dict[str, Any]:
        request = dict(self._request())
        self._body = request.pop("body")
        return asgi_scope(**request)


class Wsgi:
    """Calls the guard as a WSGI server does."""

    def __init__(self, server: ResourceServer, request: Callable[[], Mapping[str, Any]]) -> None:
        self.status = 0
        self.entered = nothing
        self._request = request
        self._guard = WsgiMiddleware(self.application, server, public=PUBLIC)

    def require(self, scope: str) -> None:
        self._guard.app = wsgi.requires(scope)(self.application)

    def once(self, *around: Around) -> None:
        """Answer one request within each of these; nothing but the answering happens there."""
        for one in around:
            environ = self._environ()
            with one:
                self._answer(environ)

    def many(self, times: int, around: Around) -> None:
        """Answer so many requests, each made and dropped within `around`."""
        with around:
            for _ in range(times):
                self._answer(self._environ())

    def application(self, environ: Any, start_response: Any) -> list[bytes]:
        self.entered()
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        self.status = int(status[:3])
        return self.write

    def write(self, content: bytes) -> None:
        raise AssertionError("nobody writes")

    def _answer(self, environ: dict[str, Any]) -> None:
        for _ in self._guard(environ, self.start_response):
            pass

    def _environ(self) -> dict[str, Any]:
        request = dict(self._request())
        body = request.pop("body")
        environ = wsgi_environ(**request)
        if body:
            # A stream from which nothing has to be waited for, so that no thread is needed to read it.
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return environ


EDGES: dict[str, type[Asgi] | type[Wsgi]] = {"asgi": Asgi, "wsgi": Wsgi}
