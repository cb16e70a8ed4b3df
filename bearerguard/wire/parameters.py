"""Find and remove `access_token` in a query string or a form body (RFC 6750 sections 2.2 and 2.3).

    name=value *( "&" name=value )          WHATWG URL, application/x-www-form-urlencoded

Both are worked on as bytes. Names and values are decoded once, a plus sign being a space.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from bearerguard.errors import InvalidRequest
from bearerguard.wire.authorization import is_b64token

ACCESS_TOKEN = b"access_token"
# As numbers: to look for bytes in bytes, Python first tries them as a number, at the price of an exception.
PERCENT, PLUS = b"%+"

REPEATED = "The access_token parameter must not be repeated, nor its name encoded."
MALFORMED = "The access_token parameter is empty or malformed."


def find_access_token(text: bytes) -> bytes | None:
    """Find the token in a query string or form body.

    Raises InvalidRequest when the parameter is repeated, its name is percent-encoded, or its value is
    not a b64token. Linear in the text's length. Does not: bound the token's length.
    """
    return read_access_token(take_access_token(text)[0])


def take_access_token(text: bytes) -> tuple[list[bytes], bytes]:
    """Take every spelling of the parameter out; every other byte is left as it was.

    Gives the pairs that were taken, for `read_access_token`, and what is left.
    """
    if text.find(ACCESS_TOKEN) < 0 and PERCENT not in text:  # it is not there, nor could it be encoded
        return [], text
    pairs = text.split(b"&")
    taken = [
        pair
        for pair in pairs
        if (pair.startswith(ACCESS_TOKEN) or PERCENT in pair) and _is_access_token(pair)
    ]
    if len(taken) == 1:
        pairs.remove(taken[0])
    elif taken:
        pairs = [pair for pair in pairs if not _is_access_token(pair)]
    return taken, b"&".join(pairs)


def read_access_token(pairs: list[bytes]) -> bytes | None:
    """Read the token out of the pairs that name it; None where there are none.

    Raises InvalidRequest as `find_access_token` does.
    """
    if not pairs:
        return None
    name, _, value = pairs[0].partition(b"=")
    if len(pairs) > 1 or name != ACCESS_TOKEN:
        raise InvalidRequest(REPEATED)
    token = unquote_to_bytes(value.replace(b"+", b" ")) if PERCENT in value or PLUS in value else value
    if not is_b64token(token):
        raise InvalidRequest(MALFORMED)
    return token


def _is_access_token(pair: bytes) -> bool:
    name = pair.partition(b"=")[0]
    return name == ACCESS_TOKEN or (PERCENT in name and unquote_to_bytes(name) == ACCESS_TOKEN)
