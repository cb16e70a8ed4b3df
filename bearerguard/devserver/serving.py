"""Serve a WSGI application over TLS, on threads, to clients that may be silent, slow, or speak no TLS."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from bearerguard.devserver.connections import MAX_THREADS, Connections

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_SILENCE_SECONDS = 10.0  # nobody types a request by hand
MAX_LOGGED_CHARACTERS = 200
POLL_SECONDS = 0.1  # how late an overdue connection is cut; where nothing wakes the loop, also a stop
TLS_HANDSHAKE = b"\x16"  # the first byte that a TLS client sends (RFC 8446 section 5.1)

_log = logging.getLogger("bearerguard.devserver")
_ORIGIN = re.compile(r"^[A-Za-z]+://[^/?#]*")
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


class Handler(WSGIRequestHandler):
    """Answers one request; its access line has no query, where tokens and codes may stand."""

    protocol_version = "HTTP/1.1"
    timeout = MAX_SILENCE_SECONDS
    disable_nagle_algorithm = True  # head and body are two writes: the second would wait for the client

    def make_environ(self) -> WSGIEnvironment:
        """Tell the application how the request really came."""
        environ = super().make_environ()
        environ["wsgi.url_scheme"] = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP; the standard library's messages would repeat it."""
        super().send_error(code)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write the access line; nothing that was sent can look like another, or move a cursor."""
        target = _ORIGIN.sub("", getattr(self, "path", "-"))
        path = re.split("[?#]", target, maxsplit=1)[0][:MAX_LOGGED_CHARACTERS]
        method = (getattr(self, "command", None) or "-")[:MAX_LOGGED_CHARACTERS]
        status = getattr(code, "value", code)
        _log.info("%s %s %s", _UNPRINTABLE.sub("?", method), _UNPRINTABLE.sub("?", path), status)

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing: the access line has the status, and the message would repeat the request."""


class Server(ThreadedWSGIServer):
    """Serves what comes to a copy of a listening socket; plain HTTP too, for the application to refuse."""

    def __init__(self, listening: socket.socket, app: WSGIApplication, tls: ssl.SSLContext) -> None:
        host, port = listening.getsockname()[:2]
        # It takes a copy of the socket. Where it has to open one, it ends the process on a failure.
        super().__init__(host, port, app, Handler, fd=listening.fileno())
        self._tls = tls
        self._connections = Connections()
        self._free_threads = threading.BoundedSemaphore(MAX_THREADS)
        self._loop = threading.Thread(
            target=self.serve_forever, args=(POLL_SECONDS,), name=f"devserver {host}:{port}", daemon=True
        )

    def start(self) -> None:
        """Begin to serve, on threads of its own."""
        self._loop.start()

    def stop(self) -> None:
        """Stop serving: take no more connections, and cut those that there are."""
        with suppress(OSError):  # not every system has this for a socket that listens
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the loop
        self.shutdown()
        self._loop.join()
        self._connections.end()

    def service_actions(self) -> None:
        """Do what the loop does now and then."""
        self._connections.cut_overdue()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread; while there are too many it waits, and then it is let go."""
        if not self._free_threads.acquire(timeout=POLL_SECONDS):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free_threads.release()  # there was no thread to do so
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection from begin to end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free_threads.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection on its own thread, with the handshake, which a client may never end."""
        accepted: socket.socket = request
        accepted.settimeout(MAX_SILENCE_SECONDS)
        with self._connections.hold(accepted) as connection:
            # It is looked at and left there, for whoever reads next.
            first = accepted.recv(1, socket.MSG_PEEK)
            if first == TLS_HANDSHAKE:
                with self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as tls:
                    self._connections.go_on_with(connection, tls)
                    tls.do_handshake()
                    Handler(tls, client_address, self)
            elif first:
                Handler(accepted, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what broke; a client that goes away, or is cut, breaks nothing."""
        if not isinstance(sys.exc_info()[1], OSError):
            _log.exception("A connection could not be served")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Write werkzeug's own lines to our log; it has no others than of errors."""
        _log.error(message, *args)
