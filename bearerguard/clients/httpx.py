"""Call an authorization server with httpx, or with httpx2 where that is installed.

Its transports are used without its client, so that there is no redirect to follow, no cookie to keep
and no environment to read.
"""

from __future__ import annotations

import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import anyio
from anyio.lowlevel import current_token

from bearerguard.checks import check_counts
from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.clients._deadline_transport import DeadlineTransport
from bearerguard.clients._failures import translated
from bearerguard.clients._packages import httpx
from bearerguard.errors import ConfigurationError
from bearerguard.forks import renew_in_child
from bearerguard.wire.content_coding import Content

MAX_CONNECTIONS = 64
KEEPALIVE_SECONDS = 30.0  # below what servers and balancers keep an idle connection for: mostly 60 and more

PathLike = str | Path


class HttpxClient:
    """A pool of connections for all threads, and one for each event loop.

    `ca_file` is a PEM file of the certificate authorities to trust instead of the public ones;
    `certificate_file` and `key_file` (by default in the same file) are shown to servers that ask for
    a client's certificate. A pool is closed at the end of its loop or of the process, and a forked
    child starts with none.

    Raises ConfigurationError for a file that cannot be used.
    """

    def __init__(
        self,
        *,
        ca_file: PathLike | None = None,
        certificate_file: PathLike | None = None,
        key_file: PathLike | None = None,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        check_counts("HttpxClient", "connections", max_connections=max_connections)
        self._ssl_context = _ssl_context(ca_file, certificate_file, key_file)
        self._limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEPALIVE_SECONDS,
        )
        self._fields = {
            "Accept-Encoding": "identity",  # what is asked for is short
            "User-Agent": f"bearerguard/{version('bearerguard')}",
        }
        self._finalizer: Any = None
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork: the connections are the parent's, who may be in the middle of a call."""
        if self._finalizer is not None:
            self._finalizer.detach()
        self._blocking = DeadlineTransport(self._ssl_context, self._limits)
        self._finalizer = weakref.finalize(self, self._blocking.close)
        self._loops: dict[object, _LoopTransport] = {}

    def send(self, request: HttpRequest) -> HttpResponse:
        transport = self._blocking
        transport.deadline.start(request.timeout_seconds)
        with translated(request):
            response = transport.handle_request(self._prepare(request))
            try:
                content = _content_of(response, request)
                for piece in cast("Iterable[bytes]", response.stream):
                    content.add(piece)
                return _answer(response, content)
            finally:
                response.close()

    async def asend(self, request: HttpRequest) -> HttpResponse:
        with translated(request), anyio.fail_after(request.timeout_seconds):
            transport = await self._transport_of_this_loop()
            response = await transport.handle_async_request(self._prepare(request))
            try:
                content = _content_of(response, request)
                async for piece in cast("AsyncIterable[bytes]", response.stream):
                    content.add(piece)
                return _answer(response, content)
            finally:
                await response.aclose()

    def close(self) -> None:
        self._blocking.close()

    async def aclose(self) -> None:
        self.close()
        loop = self._loops.get(current_token())
        if loop is not None:
            await loop.life.aclose()

    def _prepare(self, request: HttpRequest) -> httpx.Request:
        fields = {**self._fields, **request.fields}
        return httpx.Request(request.method, request.url, headers=fields, content=request.content)

    async def _transport_of_this_loop(self) -> httpx.AsyncHTTPTransport:
        token = current_token()
        loop = self._loops.get(token)
        if loop is None:
            self._forget_closed_loops()
            loop = _LoopTransport(self._new_transport(), self._loops, token)
            await anext(loop.life)
        return loop.transport

    def _new_transport(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=self._ssl_context, limits=self._limits, trust_env=False)

    def _forget_closed_loops(self) -> None:
        """Forget loops that were closed without telling their generators, as asyncio.run would have."""
        for token in list(self._loops):
            loop: Any = getattr(token, "native_token", token)
            if getattr(loop, "is_closed", lambda: False)():
                del self._loops[token]


class _LoopTransport:
    """The connections of one event loop, which end with it.

    A loop closes the asynchronous generators that it began, when it is shut down in good order: the
    one moment at which its connections can still be closed, and nobody else has to remember it.
    """

    def __init__(
        self, transport: httpx.AsyncHTTPTransport, loops: dict[object, _LoopTransport], token: object
    ) -> None:
        self.transport = transport
        self.life = self._live(loops, token)

    async def _live(self, loops: dict[object, _LoopTransport], token: object) -> AsyncGenerator[None, None]:
        loops[token] = self
        try:
            yield
        finally:
            loops.pop(token, None)
            await self.transport.aclose()


def _content_of(response: httpx.Response, request: HttpRequest) -> Content:
    return Content(response.headers.get("content-encoding", ""), request.max_bytes)


def _answer(response: httpx.Response, content: Content) -> HttpResponse:
    fields = {name.lower(): value for name, value in response.headers.items()}
    return HttpResponse(status=response.status_code, fields=fields, content=content.end())


def _ssl_context(
    ca_file: PathLike | None, certificate_file: PathLike | None, key_file: PathLike | None
) -> ssl.SSLContext:
    try:
        if ca_file is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=str(Path(ca_file)))  # never empty: that means none
        if certificate_file is not None:
            context.load_cert_chain(certificate_file, key_file, password=_no_password)
    except (OSError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"HttpxClient cannot use one of its certificate files: {type(error).__name__}; "
            "each must be a readable PEM file, a key without a password"
        ) from error
    return context


def _no_password() -> str:
    raise ValueError("a key with a password would be asked for at the terminal")
