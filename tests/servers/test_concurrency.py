"""200 requests at once with one new token, at a WSGI server with a thread for each."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from bearerguard import AccessToken, Cached, FromFunction, WsgiMiddleware
from tests.support import App, server

REQUESTS = 200


class Threading(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 2 * REQUESTS


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def port(asked: list[str]) -> Iterator[int]:
    def slow(token: str) -> AccessToken:
        asked.append(token)
        threading.Event().wait(0.5)
        return AccessToken(subject="alice")

    made = server(Cached(FromFunction(slow)), loopback_http=True)
    guarded = WsgiMiddleware(App(reads=False).wsgi, made)
    with make_server("127.0.0.1", 0, guarded, server_class=Threading, handler_class=Quiet) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()


def test_200_requests_at_once_ask_the_verifier_exactly_once(port: int, asked: list[str]) -> None:
    """One question, 200 answers."""
    connections = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(REQUESTS)]
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.0\r\nAuthorization: Bearer new\r\n\r\n")
    first_lines = []
    for connection in connections:
        with connection, connection.makefile("rb") as stream:
            first_lines.append(stream.readline())
            stream.read()
    assert [b"HTTP/1.0 200 Whatever\r\n"] * REQUESTS == first_lines
    assert ["new"] == asked
