"""httpx's blocking transport, over connections that keep to a deadline."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from typing import cast

from bearerguard.clients._deadline import Deadline, DeadlineBackend
from bearerguard.clients._packages import httpcore, httpx


class DeadlineTransport(httpx.BaseTransport):
    """A pool of connections for threads; failures are httpcore's own."""

    def __init__(self, ssl_context: ssl.SSLContext, limits: httpx.Limits) -> None:
        self.deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=DeadlineBackend(self.deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=cast("Iterable[bytes]", request.stream),
                # Others may hold every connection: then the wait for one is bounded by this.
                extensions={"timeout": {"pool": self.deadline.left_seconds()}},
            )
        )
        stream = _Stream(cast("Iterable[bytes]", answer.stream))
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        getattr(self._stream, "close", lambda: None)()
