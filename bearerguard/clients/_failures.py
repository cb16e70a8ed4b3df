"""Tell failures of the HTTP package apart: what counts, what is worth a second try, in fixed words."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from bearerguard.clients import ConnectionLost, Inconclusive, Unreachable
from bearerguard.clients._packages import httpcore
from bearerguard.errors import Unavailable
from bearerguard.wire.content_coding import ContentError

_LATE = (TimeoutError, httpcore.TimeoutException)
_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, OSError)

# How TLS says that it waits for the network; what became of that wait is told by another error.
_WAITING = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


@contextmanager
def translated() -> Iterator[None]:
    """Raise Unavailable and its kinds for everything that can become of a call."""
    try:
        yield
    except httpcore.PoolTimeout as error:
        raise Inconclusive("every connection of our own pool is taken") from error
    except _LATE as error:
        # Without a number: the second try has what the first one left, and the text must stay the same.
        raise Unreachable("no answer in time: see timeout_seconds=") from error
    except _BROKEN as error:
        raise _failure_of(error) from error
    except ContentError as error:
        raise Unavailable(f"its answer is no use: {error}") from error


def _failure_of(error: Exception) -> Unavailable:
    causes = [cause for cause in _causes(error) if not isinstance(cause, _WAITING)]
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(f"its certificate is not good: {cause.verify_message}")
    is_connected = not isinstance(error, httpcore.ConnectError)
    for cause in causes:
        # A connection that is cut off ends as an SSLEOFError, which is no failure of TLS once it had begun.
        if isinstance(cause, ssl.SSLError) and not (is_connected and isinstance(cause, ssl.SSLEOFError)):
            return Unreachable("TLS failed")
    if is_connected:
        return ConnectionLost("the connection was lost, or what came over it is not HTTP")
    return Unreachable(f"no connection: {_reason_of(causes)}")


def _reason_of(causes: list[BaseException]) -> str:
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        return "the name may be wrong"
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno is not None]
    return os.strerror(numbers[-1]) if numbers else "no reason was given"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):  # one for each address of a name
            for member in error.exceptions:
                yield from _causes(member)
        error = error.__cause__ or error.__context__
