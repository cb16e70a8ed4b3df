"""Find and remove `access_token` in a query string or a form body (RFC 6750 sections 2.2 and 2.3).

    name=value *( "&" name=value )          WHATWG URL, application/x-www-form-urlencoded

Both are worked on as bytes. Names and values are decoded once, a plus sign being a space.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from bearerguard.errors import InvalidRequest
from bearerguard.wire.authorization import is_b64token

ACCESS_TOKEN = b"access_token"

REPEATED = "The access_token parameter must not be repeated, nor its name encoded."
MALFORMED = "The access_token parameter is empty or malformed."


def find_access_token(text: bytes) -> bytes | None:
    """Find the token in a query string or form body.

    Raises InvalidRequest when the parameter is repeated, its name is percent-encoded, or its value is
    not a b64token. Linear in the text's length. Does not: bound the token's length.
    """
    if not may_hold_access_token(text):
        return None
    found = [pair for pair in text.split(b"&") if _is_access_token(pair)]
    if not found:
        return None
    name, _, value = found[0].partition(b"=")
    if len(found) > 1 or name != ACCESS_TOKEN:
        raise InvalidRequest(REPEATED)
    token = unquote_to_bytes(value.replace(b"+", b" "))
    if not is_b64token(token):
        raise InvalidRequest(MALFORMED)
    return token


def without_access_token(text: bytes) -> bytes:
    """Take every spelling of the parameter out and leave every other byte as it was."""
    if not may_hold_access_token(text):
        return text
    return b"&".join(pair for pair in text.split(b"&") if not _is_access_token(pair))


def may_hold_access_token(text: bytes) -> bool:
    """Tell cheaply whether a closer look is needed: the name is there, or could be encoded."""
    return ACCESS_TOKEN in text or b"%" in text


def _is_access_token(pair: bytes) -> bool:
    name = pair.partition(b"=")[0]
    return name == ACCESS_TOKEN or (b"%" in name and unquote_to_bytes(name) == ACCESS_TOKEN)
