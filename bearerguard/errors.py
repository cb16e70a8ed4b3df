"""Refusals and failures, and what each one becomes on the wire (RFC 6750 section 3).

    BearerGuardError
      ConfigurationError       the programmer's; raised while building, never per request
      Refusal                  we know: no
        InsecureTransport      400 invalid_request
        MissingCredentials     401, a challenge without an error code
        InvalidRequest         400 invalid_request (408 too slow, 413 too large)
        InvalidToken           401 invalid_token
        InsufficientScope      403 insufficient_scope
      Unavailable              503: we could not find out

The description of a refusal is fixed, safe text: it is sent to strangers. `str()` of one is for logs
and says more, but never a token, a secret or a claim. The texts of a 400, 408 and 413 are where they are
raised: in `request.py`, `wire/parameters.py`, `wire/authorization.py` and `schemes/bearer.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import ClassVar

DEFAULT_RETRY_AFTER_SECONDS = 1


class Reason(Enum):
    """Why a token was refused: for logs and `on_decision`, never for the wire."""

    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    BAD_CHECKSUM = "bad checksum"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    WRONG_AUDIENCE = "wrong audience"
    NO_AUDIENCE = "no audience"
    WRONG_ISSUER = "wrong issuer"
    WRONG_TYPE = "not an access token"
    ENCRYPTED = "encrypted"
    WRONG_ALGORITHM = "signed by an algorithm that is not accepted"
    UNKNOWN_KEY = "signed by an unknown key"
    BAD_SIGNATURE = "bad signature"
    NO_EXPIRY = "no expiry"
    ISSUED_LATER = "issued at a time that is to come"
    MISSING_CLAIM = "a claim is missing or has another value"
    MALFORMED_CLAIM = "a claim makes no sense"
    AMBIGUOUS_SUBJECT = "a user by the application's name"
    BOUND_TO_KEY = "bound to a key"
    NO_SUCH_USER = "no such user"


class BearerGuardError(Exception):
    """The root of everything that this package raises on purpose."""


class ConfigurationError(BearerGuardError):
    """A mistake in how the guard was built; the message names the cure."""


class Refusal(BearerGuardError):
    """The request may not pass, and we know why.

    `status` is the HTTP status, `error` the RFC 6750 section 3.1 code (None: a bare challenge),
    `description` fixed text for the client, `scopes` what the route asks for, in its order.
    """

    status: int = 401
    error: ClassVar[str | None] = None
    description: str = ""
    scopes: tuple[str, ...] = ()


class InsecureTransport(Refusal):
    """The request came over plain HTTP (RFC 6750 section 5.3)."""

    status = 400
    error = "invalid_request"
    description = (
        "Use https. If this request did come over https, the server behind the proxy was not told: "
        "see its setting for forwarded protocols."
    )

    def __str__(self) -> str:
        return "plain http"


class MissingCredentials(Refusal):
    """No token was sent where one is needed (RFC 6750 section 3.1, last paragraph).

    `has_other_scheme` says, to the log, that there was an Authorization field of another scheme.
    """

    def __init__(self, has_other_scheme: bool = False) -> None:
        super().__init__(has_other_scheme)
        self.has_other_scheme = has_other_scheme

    def __str__(self) -> str:
        return (
            "no token, but an Authorization field of another scheme" if self.has_other_scheme else "no token"
        )


class InvalidRequest(Refusal):
    """The request presents its token in a way that RFC 6750 section 2 forbids."""

    status = 400
    error = "invalid_request"

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description, status)
        self.description = description
        self.status = status

    def __str__(self) -> str:
        return self.description


class InvalidToken(Refusal):
    """The token is bad; `reason` says why, to us only."""

    error = "invalid_token"
    description = "The access token is expired, revoked, malformed or not valid here."

    def __init__(self, reason: Reason = Reason.UNKNOWN) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason.value


class InsufficientScope(Refusal):
    """The token is good, but does not reach this far."""

    status = 403
    error = "insufficient_scope"
    description = "The access token does not carry the scope that this needs."

    def __init__(self, scopes: Iterable[str] = ()) -> None:
        self.scopes = (scopes,) if isinstance(scopes, str) else tuple(scopes)
        super().__init__(self.scopes)

    def __str__(self) -> str:
        return "insufficient scope"


class Unavailable(BearerGuardError):
    """We could not find out whether the token is good: 503, and no challenge.

    `what` is fixed text for the log: which part is down and how, never anything from a request.
    """

    status: ClassVar[int] = 503
    error: ClassVar[str] = "temporarily_unavailable"
    description: ClassVar[str] = "The access token cannot be checked at the moment. Try again later."

    def __init__(self, what: str, retry_after_seconds: float = DEFAULT_RETRY_AFTER_SECONDS) -> None:
        super().__init__(what, retry_after_seconds)
        self.what = what
        self.retry_after_seconds = max(0, math.ceil(retry_after_seconds))  # RFC 9110 section 10.2.3

    def __str__(self) -> str:
        return self.what
