"""Websocket handshakes at real servers."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.servers.guarded import TOKEN
from tests.servers.running import Server
from tests.servers.test_http import AUTHORIZATION, request

UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize("by", ["header", "query"])
def test_it_opens_with_a_token(asgi_server: Server, by: str) -> None:
    """In its header, or in the query as a browser has to."""
    target = b"/" if by == "header" else f"/ws?access_token={quote(TOKEN, '')}".encode()
    field = AUTHORIZATION if by == "header" else b""
    with asgi_server.connect() as connection:
        connection.sendall(request(b"GET " + target + b" HTTP/1.1", UPGRADE, field))
        received = b""
        while b"alice" not in received:
            piece = connection.recv(4_096)
            assert piece, received
            received += piece
    assert received.startswith(b"HTTP/1.1 101 ")
    if by == "query":
        assert "access_token=" not in asgi_server.logged()


@pytest.mark.parametrize("field", [b"", b"Authorization: Bearer x\r\n", 2 * AUTHORIZATION])
def test_it_is_refused_before_it_is_accepted(asgi_server: Server, field: bytes) -> None:
    """With our own answer: all of these servers have the extension for it."""
    answer = asgi_server.raw(request(b"GET / HTTP/1.1", UPGRADE, field))
    expected = 401 if field.count(b"Bearer") < 2 else 400
    assert (expected, 1) == (answer.status, len(answer.all("www-authenticate")))
