"""Tell failures of the HTTP package apart: what counts, what is worth a second try, in fixed words."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from bearerguard.clients import ConnectionLost, HttpRequest, Unreachable
from bearerguard.clients._packages import httpcore, httpx
from bearerguard.errors import Unavailable
from bearerguard.wire.content_coding import ContentError

_FULL = (httpx.PoolTimeout, httpcore.PoolTimeout)
_LATE = (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)
_NO_CONNECTION = (httpx.ConnectError, httpcore.ConnectError)
_BROKEN = (httpx.TransportError, httpcore.NetworkError, httpcore.ProtocolError, OSError)


@contextmanager
def translated(request: HttpRequest) -> Iterator[None]:
    """Raise Unavailable and its kinds for everything that can become of a call."""
    try:
        yield
    except _FULL as error:
        raise Unavailable("every connection of our own pool is taken") from error
    except _LATE as error:
        raise Unreachable(f"no answer within {request.timeout_seconds:g} seconds") from error
    except (*_NO_CONNECTION, *_BROKEN) as error:
        raise _failure_of(error) from error
    except ContentError as error:
        raise Unavailable(f"its answer is no use: {error}") from error


def _failure_of(error: Exception) -> Unavailable:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(f"its certificate is not good: {cause.verify_message}")
    is_connected = not isinstance(error, _NO_CONNECTION)
    for cause in causes:
        # A connection that is cut off ends as an SSLEOFError, which is no failure of TLS once it had begun.
        if isinstance(cause, ssl.SSLError) and not (is_connected and isinstance(cause, ssl.SSLEOFError)):
            return Unreachable("TLS failed")
    if is_connected:
        return ConnectionLost("the connection was lost, or what came over it is not HTTP")
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno is not None]
    reason = os.strerror(numbers[-1]) if numbers and numbers[-1] > 0 else "the name may be wrong"
    return Unreachable(f"no connection: {reason}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
