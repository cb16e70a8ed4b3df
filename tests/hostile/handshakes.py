"""What a hostile server does instead of a TLS handshake; all of it over bare TCP."""

from __future__ import annotations

import ssl

from tests.hostile import authority
from tests.hostile.talk import Gone, Talk


def silent(talk: Talk) -> None:
    talk.hang()


def plain(talk: Talk) -> None:
    """Answer what is no HTTP request with an HTTP answer, as a port for http does."""
    talk.socket.recv(65536)
    talk.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def garbage(talk: Talk) -> None:
    talk.socket.recv(65536)
    talk.send(bytes(range(256)) * 8)
    talk.hang()


def cut(talk: Talk) -> None:
    """Close in the middle of what the server says first."""
    talk.send(_hello(talk)[:100])


def reset(talk: Talk) -> None:
    talk.send(_hello(talk)[:100])
    talk.pause()
    talk.reset()


def dripped(talk: Talk) -> None:
    talk.drip(_hello(talk))
    talk.hang()


def _hello(talk: Talk) -> bytes:
    """What a server says to the client's hello: its own, its certificate, its proof."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    came.write(talk.socket.recv(65536))
    try:
        authority.good().wrap_bio(came, goes, server_side=True).do_handshake()
    except ssl.SSLWantReadError:
        return goes.read()
    raise Gone
