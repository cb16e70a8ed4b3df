"""Real servers, on ports that the system picks: uvicorn for ASGI, werkzeug's threaded one for WSGI.

Each serves https, and plain http on a second port as if to strangers from the Internet.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from bearerguard.adapters._asgi_request import AsgiApp, Receive, Scope, Send
from bearerguard.adapters._wsgi_reply import StartResponse
from bearerguard.adapters._wsgi_request import Environ
from bearerguard.adapters.wsgi import WsgiApp

HOST = "127.0.0.1"
BACKLOG = 128
POLL_SECONDS = 0.05  # how long a server may take to notice that it shall stop
# A stranger's address. It has to be a public one, since RevokeIn never burns a token for a peer that may
# be a proxy of our own, and those reserved for documentation do not count as public.
STRANGER = "93.184.216.34"


class SeenFromInternetAsgi:
    """A shim for this demo only: the peer, in truth this machine, appears to be a stranger."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["client"] = (STRANGER, 0)
        await self._app(scope, receive, send)


class SeenFromInternetWsgi:
    """The same for WSGI."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = STRANGER
        return self._app(environ, start_response)


@contextmanager
def uvicorn_ports(app: AsgiApp, certificate: Path) -> Iterator[tuple[int, int]]:
    """Serve an ASGI application; gives the ports of https and http."""
    configs = (
        uvicorn.Config(app, log_config=None, lifespan="on", proxy_headers=False, ssl_certfile=certificate),
        uvicorn.Config(SeenFromInternetAsgi(app), log_config=None, lifespan="on", proxy_headers=False),
    )
    servers = [uvicorn.Server(config) for config in configs]
    with ExitStack() as stack:
        # Bound and listening before the thread runs: whoever connects too early waits in the queue.
        sockets = [stack.enter_context(_listening()) for _ in servers]
        thread = Thread(target=asyncio.run, args=(_serve(servers, sockets),), daemon=True)
        thread.start()
        try:
            yield sockets[0].getsockname()[1], sockets[1].getsockname()[1]
        finally:
            for server in servers:
                server.should_exit = server.force_exit = True
            thread.join()


def _listening() -> socket.socket:
    # With its protocol named: else asyncio leaves Nagle's algorithm on, which adds 40 ms to an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((HOST, 0))
    listening.listen(BACKLOG)
    return listening


async def _serve(servers: list[uvicorn.Server], sockets: list[socket.socket]) -> None:
    # One loop for both, as in a real process: locks and flights of the guard belong to a loop.
    await asyncio.gather(*(server.serve([one]) for server, one in zip(servers, sockets, strict=True)))


class Handler(WSGIRequestHandler):
    """Keeps connections, and writes its access line from the environ.

    Werkzeug's own access line is the raw request line, out of reach of any middleware: a token in the
    query string would be in there. It is a server for development; others write what the environ says.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        environ: dict[str, Any] = getattr(self, "environ", {})
        target = f"{environ.get('PATH_INFO')}?{environ.get('QUERY_STRING')}"
        logging.getLogger("werkzeug").info("%s %s %s", self.command, target, code)


@contextmanager
def werkzeug_ports(app: WsgiApp, certificate: Path) -> Iterator[tuple[int, int]]:
    """Serve a WSGI application; gives the ports of https and http."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    secure = make_server(HOST, 0, app, threaded=True, request_handler=Handler, ssl_context=context)
    # Left to each request's own thread: a client that never begins its handshake would stop all others.
    secure.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
    plain = make_server(HOST, 0, SeenFromInternetWsgi(app), threaded=True, request_handler=Handler)
    with _in_thread(secure), _in_thread(plain):
        yield secure.port, plain.port


@contextmanager
def _in_thread(server: BaseWSGIServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
