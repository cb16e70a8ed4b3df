"""Read the Authorization field (RFC 6750 section 2.1, RFC 9110 section 11.4).

    b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
    credentials = "Bearer" 1*SP b64token

An auth-scheme is case-insensitive (RFC 9110 section 11.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bearerguard.errors import InvalidRequest

# Possessive, so that a long field that fails at its end fails at once.
_BEARER = re.compile(rb"(?i:bearer) ++([A-Za-z0-9\-._~+/]++=*+)")
_IS_BEARER = re.compile(rb"(?i:bearer)(?![!#$%&'*+\-.^_`|~0-9A-Za-z])")
_B64TOKEN = re.compile(rb"[A-Za-z0-9\-._~+/]++=*+")
# A server that joins repeated lines with a comma leaves a second scheme behind the first one's value.
_JOINED_BEARER = re.compile(rb",[ \t]*+(?i:bearer)[ \t]")
# An unclosed one matches too, up to the end: without that, every quote in it would be tried again.
_QUOTED_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+("?)', re.DOTALL)

MALFORMED = "The Authorization field is malformed: it must be the word Bearer, a space and one token."
REPEATED = "The Authorization field must not be repeated."


def find_bearer(values: Sequence[bytes]) -> bytes | None:
    """Find the one bearer token among the values of the Authorization field.

    None where there is no such field, or where it is another scheme's. Raises InvalidRequest when it
    is malformed, empty or repeated. Does not: bound the token's length.
    """
    if len(values) == 1 and (match := _BEARER.fullmatch(values[0])) is not None:
        return match[1]
    if values:
        _refuse_bearer_among(values)
    return None


def is_b64token(text: bytes) -> bool:
    """Tell whether this could be a token at all."""
    return _B64TOKEN.fullmatch(text) is not None


def _refuse_bearer_among(values: Sequence[bytes]) -> None:
    for value in values:
        if _IS_BEARER.match(value):
            raise InvalidRequest(MALFORMED if len(values) == 1 else REPEATED)
        if _JOINED_BEARER.search(_QUOTED_STRING.sub(_only_unclosed, value)):
            raise InvalidRequest(REPEATED)


def _only_unclosed(quoted: re.Match[bytes]) -> bytes:
    return b"" if quoted[1] else quoted[0]
