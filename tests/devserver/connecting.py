"""A server of an application that says how it was asked, and clients that may be silent."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bearerguard.devserver.certificates import Certificate
from bearerguard.devserver.listening import LOCALHOST_ADDRESSES, listen
from bearerguard.devserver.serving import Server

TIMEOUT_SECONDS = 10.0  # for a test that has gone wrong
IS_BUSY, MAY_END = threading.Event(), threading.Event()


def says_scheme(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the scheme, wait, or break."""
    if environ["PATH_INFO"] == "/breaks":
        raise RuntimeError("the application broke")
    if environ["PATH_INFO"] == "/waits":
        IS_BUSY.set()
        MAY_END.wait(TIMEOUT_SECONDS)
    body = environ["wsgi.url_scheme"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def running(certificate: Certificate) -> Iterator[Server]:
    [listening] = listen("127.0.0.1", LOCALHOST_ADDRESSES[:1], 0)
    with listening:
        server = Server(listening, says_scheme, certificate.server)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def get(server: Server, certificate: Certificate, path: str = "/") -> httpx.Response:
    tls = ssl.create_default_context(cafile=certificate.ca_file)
    return httpx.get(f"https://127.0.0.1:{server.port}{path}", verify=tls, trust_env=False)


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), TIMEOUT_SECONDS)


def everything(client: socket.socket) -> bytes:
    """Read until the other side ends; a connection that is cut may end with a reset."""
    read = b""
    try:
        while part := client.recv(65_536):
            read += part
    except ConnectionError:
        pass
    return read


def asked_to_wait(server: Server) -> socket.socket:
    """A connection with a request that is worked on until `MAY_END`."""
    client = connected(server)
    MAY_END.clear()
    IS_BUSY.clear()
    client.sendall(b"GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert IS_BUSY.wait(TIMEOUT_SECONDS)
    return client
