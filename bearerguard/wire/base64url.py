"""Decode base64url without padding (RFC 4648 section 5, RFC 7515 section 2), in its one canonical spelling.

    base64url = *( ALPHA / DIGIT / "-" / "_" )      ; no "=", no line breaks, unused bits zero

Python's lenient decoder skips what it does not know, and each of them ignores unused bits, so that one
signature could be spelled in many ways. Only the spelling that encoding gives is taken.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64encode

# What only the other alphabet has, and padding, becomes a character that no alphabet has.
_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/\0\0\0")

# By the number of characters behind the last four: the padding that was left out, and the last characters
# whose unused bits are zero (None: any, since there are none).
_ENDS = ((b"", None), (b"", b""), (b"==", b"AQgw"), (b"=", b"AEIMQUYcgkosw048"))


def decode_base64url(text: bytes) -> bytes:
    """Decode. Raises ValueError, whose message is fixed text. Does not: bound the length."""
    padding, last = _ENDS[len(text) % 4]
    if last is not None and text[-1] not in last:
        raise ValueError("not base64url")
    try:
        return binascii.a2b_base64(text.translate(_TO_STANDARD) + padding, strict_mode=True)
    except binascii.Error:
        raise ValueError("not base64url") from None  # its message is about the text


def encode_base64url(octets: bytes) -> bytes:
    """Encode, without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=")
