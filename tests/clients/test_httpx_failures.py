"""Failures as releases of the packages beneath tell them, also those that are not installed here."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import Any

import anyio
import pytest

from bearerguard import Unavailable
from bearerguard.clients import ConnectionLost, Inconclusive, Unreachable, _loops
from bearerguard.clients._failures import translated
from bearerguard.clients._packages import httpcore
from bearerguard.wire.content_coding import ContentError
from tests.clients.calling import client, question

LOST = "the connection was lost, or what came over it is not HTTP"
LATE = "no answer in time: see timeout_seconds="
RESET = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


def because(error: Exception, cause: BaseException, *, context: BaseException | None = None) -> Exception:
    """An error with its cause, and with what was being handled when that came."""
    cause.__context__ = context
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (httpcore.PoolTimeout(), Inconclusive, "every connection of our own pool is taken"),
        (httpcore.ConnectTimeout(), Unreachable, LATE),
        (httpcore.ReadTimeout(), Unreachable, LATE),
        (httpcore.WriteTimeout(), Unreachable, LATE),
        (TimeoutError(), Unreachable, LATE),
        (httpcore.RemoteProtocolError("what is this"), ConnectionLost, LOST),
        (httpcore.LocalProtocolError("what is this"), ConnectionLost, LOST),
        (httpcore.WriteError(), ConnectionLost, LOST),
        (because(httpcore.ReadError(), RESET), ConnectionLost, LOST),
        (because(httpcore.ReadError(), RESET, context=ssl.SSLWantReadError(2, "")), ConnectionLost, LOST),
        (because(httpcore.ReadError(), ssl.SSLEOFError(8, "")), ConnectionLost, LOST),
        (because(httpcore.ReadError(), ssl.SSLError(1, "")), Unreachable, "TLS failed"),
        (ssl.SSLError(1, ""), Unreachable, "TLS failed"),
        (because(httpcore.ConnectError(), ssl.SSLEOFError(8, "")), Unreachable, "TLS failed"),
        (because(httpcore.ConnectError(), REFUSED), Unreachable, "no connection: Connection refused"),
        (
            because(httpcore.ConnectError(), OSError("all failed"), context=ExceptionGroup("two", [REFUSED])),
            Unreachable,
            "no connection: Connection refused",
        ),
        (
            because(httpcore.ConnectError(), socket.gaierror(8, "as one system numbers it")),
            Unreachable,
            "no connection: the name may be wrong",
        ),
        (httpcore.ConnectError(), Unreachable, "no connection: no reason was given"),
        (ContentError("it is odd"), Unavailable, "its answer is no use: it is odd"),
    ],
    ids=repr,
)
def test_each_failure_has_its_kind_and_its_text(error: Exception, kind: type[Unavailable], text: str) -> None:
    """The kind says whether it counts, and whether it is worth another try; the text is fixed."""
    with pytest.raises(Unavailable) as caught, translated():
        raise error
    assert (kind, text) == (type(caught.value), str(caught.value))
    assert error is caught.value.__cause__


def test_what_is_no_failure_of_the_network_is_not_translated() -> None:
    """A mistake of ours stays one."""
    with pytest.raises(LookupError), translated():
        raise LookupError


def test_a_handshake_that_ends_too_soon_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the package gives anyio's own error for it, as httpcore 1.0.0 does."""

    class Stream:
        async def start_tls(self, *_: Any) -> None:
            raise anyio.EndOfStream

    class Backend:
        async def connect_tcp(self, *_: Any) -> Stream:
            return Stream()

    monkeypatch.setattr(_loops.httpcore, "AnyIOBackend", Backend)
    with pytest.raises(Unreachable, match="no connection: no reason was given"):
        asyncio.run(client().asend(question("https://as.example.org/")))
