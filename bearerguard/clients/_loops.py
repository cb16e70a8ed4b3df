"""Connections for one event loop, over which every call keeps to a deadline."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from bearerguard.clients._incoming import Incoming
from bearerguard.clients._kept import Kept
from bearerguard.clients._packages import httpcore
from bearerguard.clients._places import aplace


class LoopStream(httpcore.AsyncNetworkStream):
    """A connection that watches what comes in."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self.incoming = Incoming()
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return self.incoming.add(await self._stream.read(max_bytes, timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self.incoming.begin()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def holds_more(self) -> bool:
        """Tell whether TLS holds more than was read: a look at the socket would not show that."""
        ssl_object = self._stream.get_extra_info("ssl_object")
        if ssl_object is None:
            return False
        try:
            ssl_object.read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            pass
        return True


class LoopConnection:
    """One connection: what is watched, and the HTTP that is spoken over it."""

    def __init__(
        self, origin: httpcore.Origin, stream: LoopStream, keepalive_seconds: float, generation: int
    ) -> None:
        self.origin = origin
        self.generation = generation
        self.stream = stream
        self.http = httpcore.AsyncHTTP11Connection(origin, stream, keepalive_seconds)

    def is_reusable(self) -> bool:
        return self.http.is_idle() and self.stream.incoming.is_one_answer

    def has_expired(self) -> bool:
        return self.http.has_expired()


class LoopTransport:
    """Makes calls, on one event loop; failures are httpcore's own, or TimeoutError."""

    def __init__(
        self, ssl_context: ssl.SSLContext, *, max_connections: int, keepalive_seconds: float
    ) -> None:
        self._ssl_context = ssl_context
        self._keepalive_seconds = keepalive_seconds
        self._places = anyio.Semaphore(max_connections)
        self._kept: Kept[LoopConnection] = Kept(max_connections)

    @asynccontextmanager
    async def call(self, request: httpcore.Request, seconds: float) -> AsyncIterator[httpcore.Response]:
        """Make a call; the content of the answer is read inside, and all of it within so many seconds."""
        ends_at = anyio.current_time() + seconds
        async with aplace(self._places, seconds):
            with anyio.fail_after(ends_at - anyio.current_time()):
                async with self._connection(request.url.origin) as connection:
                    response = await connection.http.handle_async_request(request)
                    try:
                        yield response
                    finally:
                        await response.aclose()

    async def aclose(self) -> None:
        """Close what is idle now; what is in use is closed after its call."""
        for connection in self._kept.take_all():
            await _close(connection.http)

    @asynccontextmanager
    async def _connection(self, origin: httpcore.Origin) -> AsyncIterator[LoopConnection]:
        connection = await self._take(origin) or await self._connect(origin)
        try:
            yield connection
        finally:
            if not self._kept.keep(connection):
                await _close(connection.http)
            while (surplus := self._kept.take_surplus()) is not None:
                await _close(surplus.http)

    async def _take(self, origin: httpcore.Origin) -> LoopConnection | None:
        while (connection := self._kept.take(origin)) is not None:
            if not connection.has_expired():
                return connection
            await _close(connection.http)
        return None

    async def _connect(self, origin: httpcore.Origin) -> LoopConnection:
        generation = self._kept.generation
        host = origin.host.decode("ascii")
        try:
            stream = await httpcore.AnyIOBackend().connect_tcp(host, origin.port)
        except ValueError as error:  # a name that cannot be written down, or has no address
            raise httpcore.ConnectError from error
        if origin.scheme == b"https":
            try:
                stream = await stream.start_tls(self._ssl_context, host)
            except anyio.EndOfStream as error:  # which not every release of the package translates
                raise httpcore.ConnectError from error
            except BaseException:
                await _close(stream)  # the package leaves it open when it is cancelled, as at a deadline
                raise
        return LoopConnection(origin, LoopStream(stream), self._keepalive_seconds, generation)


async def _close(connection: httpcore.AsyncNetworkStream | httpcore.AsyncHTTP11Connection) -> None:
    """Close a connection, also on behalf of a task that is being cancelled."""
    with anyio.CancelScope(shield=True):
        await connection.aclose()
