"""Call an authorization server with httpx, or with httpx2 where that is installed.

The HTTP connections beneath it are used without its client, so that there is no redirect to follow, no
cookie to keep and no environment to read.
"""

from __future__ import annotations

import ssl
import weakref
from collections.abc import AsyncGenerator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from anyio.lowlevel import current_token

from bearerguard.checks import check_counts
from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.clients._failures import translated
from bearerguard.clients._loops import LoopTransport
from bearerguard.clients._packages import httpcore, httpx
from bearerguard.clients._reading import Reading
from bearerguard.clients._threads import ThreadTransport
from bearerguard.errors import ConfigurationError
from bearerguard.forks import renew_in_child

MAX_CONNECTIONS = 64
KEEPALIVE_SECONDS = 30.0  # below what servers and balancers keep an idle connection for: mostly 60 and more

KEPT_URLS = 64  # an authorization server has three or four

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
        self._max_connections = max_connections
        self._fields = {
            "Accept-Encoding": "identity",  # what is asked for is short
            "User-Agent": f"bearerguard/{version('bearerguard')}",
        }
        self._loops: dict[object, _Loop] = {}
        self._open()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork: the connections are the parent's, who may be in the middle of a call."""
        self._finalizer.detach()
        self._blocking.abandon()
        self._loops = {}
        self._open()

    def send(self, request: HttpRequest) -> HttpResponse:
        with translated(), self._blocking.call(self._prepare(request), request.timeout_seconds) as response:
            reading = Reading(response, request.max_bytes)
            for piece in response.iter_stream():
                reading.add(piece)
            return reading.end()

    async def asend(self, request: HttpRequest) -> HttpResponse:
        transport = await self._transport_of_this_loop()
        with translated():
            async with transport.call(self._prepare(request), request.timeout_seconds) as response:
                reading = Reading(response, request.max_bytes)
                async for piece in response.aiter_stream():
                    reading.add(piece)
                return reading.end()

    def close(self) -> None:
        self._blocking.close()

    async def aclose(self) -> None:
        self.close()
        loop = self._loops.get(current_token())
        if loop is not None:
            await loop.life.aclose()

    def _open(self) -> None:
        self._blocking = ThreadTransport(self._ssl_context, **self._bounds())
        self._finalizer = weakref.finalize(self, self._blocking.close)

    def _bounds(self) -> Any:
        return {"max_connections": self._max_connections, "keepalive_seconds": KEEPALIVE_SECONDS}

    def _prepare(self, request: HttpRequest) -> httpcore.Request:
        url, host = _parse_url(request.url)
        fields = {"Host": host, **self._fields, **request.fields}
        if request.content or request.method != "GET":
            fields["Content-Length"] = str(len(request.content))
        return httpcore.Request(request.method, url, headers=list(fields.items()), content=request.content)

    async def _transport_of_this_loop(self) -> LoopTransport:
        token = current_token()
        loop = self._loops.get(token)
        if loop is None:
            self._forget_closed_loops()
            transport = LoopTransport(self._ssl_context, **self._bounds())
            life = _live(transport, weakref.ref(self), token)
            loop = self._loops[token] = _Loop(transport, life, weakref.finalize(self, _drop, life))
            loop.finalizer.atexit = False
            await anext(life)
        return loop.transport

    def _forget_closed_loops(self) -> None:
        """Forget loops that were closed without telling their generators, as asyncio.run would have."""
        for token in list(self._loops):
            loop: Any = getattr(token, "native_token", token)
            if getattr(loop, "is_closed", lambda: False)():
                self._forget(token)

    def _forget(self, token: object) -> None:
        loop = self._loops.pop(token, None)
        if loop is not None:
            loop.finalizer.detach()


@lru_cache(maxsize=KEPT_URLS)
def _parse_url(url: str) -> tuple[httpcore.URL, str]:
    """Split a URL as httpx understands it, and give what stands in the Host field."""
    whole = httpx.Request("GET", url)
    return (
        httpcore.URL(
            scheme=whole.url.raw_scheme,
            host=whole.url.raw_host,
            port=whole.url.port,
            target=whole.url.raw_path,
        ),
        whole.headers["Host"],
    )


class _Loop(NamedTuple):
    """The connections of one event loop, and what closes them: the end of the loop, or of their client."""

    transport: LoopTransport
    life: AsyncGenerator[None, None]
    finalizer: weakref.finalize[[AsyncGenerator[None, None]], HttpxClient]


async def _live(
    transport: LoopTransport, owner: weakref.ref[HttpxClient], token: object
) -> AsyncGenerator[None, None]:
    """Live for as long as a loop does.

    A loop closes the asynchronous generators that it began when it is shut down in good order, the one
    moment at which its connections can still be closed, and whenever nobody has a generator any more.
    So this one refers to nobody who has it.
    """
    try:
        yield
    finally:
        client = owner()
        if client is not None:
            client._forget(token)
        await transport.aclose()


def _drop(life: AsyncGenerator[None, None]) -> None:
    """Let the loop close what its client leaves behind, which a finalizer has kept apart from its garbage."""


def _ssl_context(
    ca_file: PathLike | None, certificate_file: PathLike | None, key_file: PathLike | None
) -> ssl.SSLContext:
    if key_file is not None and certificate_file is None:
        raise ConfigurationError("HttpxClient(key_file=...) needs the certificate_file= that it belongs to")
    try:
        if ca_file is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=str(Path(ca_file)))  # never empty: that means none
        context.set_alpn_protocols(["http/1.1"])
        # SSLKEYLOGFILE would have every token written down for whoever reads that file.
        context.keylog_filename = None  # type: ignore[assignment]  # which is how to say: nowhere
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
