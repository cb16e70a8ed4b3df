"""Read the Authorization field (RFC 6750 section 2.1, RFC 9110 section 11.4).

    b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
    credentials = "Bearer" 1*SP b64token

An auth-scheme is case-insensitive (RFC 9110 section 11.1).
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from bearerguard.errors import InvalidRequest

_IS_BEARER = re.compile(rb"(?i:bearer)(?![!#$%&'*+\-.^_`|~0-9A-Za-z])")
# Taken out, they leave nothing but padding of a token: for a signed one in a quarter of a pattern's time.
_OF_B64TOKEN = (string.ascii_letters + string.digits + "-._~+/").encode("ascii")
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
    if len(values) == 1:
        value = values[0]
        if value[:7].lower() == b"bearer ":
            token = value[7:]
            if token and not token.translate(None, _OF_B64TOKEN):  # nearly every one
                return token
            token = token.lstrip(b" ")
            if is_b64token(token):
                return token
    if values:
        _refuse_bearer_among(values)
    return None


def is_b64token(text: bytes) -> bool:
    """Tell whether this could be a token at all."""
    rest = text.translate(None, _OF_B64TOKEN)
    if not rest:
        return text != b""
    return rest == b"=" * len(rest) and rest != text and text.endswith(rest)


def _refuse_bearer_among(values: Sequence[bytes]) -> None:
    for value in values:
        if _IS_BEARER.match(value):
            raise InvalidRequest(MALFORMED if len(values) == 1 else REPEATED)
        if _JOINED_BEARER.search(_QUOTED_STRING.sub(_only_unclosed, value)):
            raise InvalidRequest(REPEATED)


def _only_unclosed(quoted: re.Match[bytes]) -> bytes:
    return b"" if quoted[1] else quoted[0]
