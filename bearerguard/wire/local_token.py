"""The form of our own tokens: a prefix, 256 random bits, a checksum.

    token    = prefix random checksum
    prefix   = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" )     ; "bg_" by default
    random   = 43( ALPHA / DIGIT )       ; 256 bits in base 62, most significant digit first
    checksum = 6( ALPHA / DIGIT )        ; CRC-32 of all that comes before it, in base 62

The prefix lets a secret scanner recognise a token in a commit or a log; the checksum lets it, and us,
tell a token from a typing error without asking the store. The checksum is no secret and proves
nothing: whoever can compute it has still to guess 256 bits.
"""

from __future__ import annotations

import re
import secrets
from zlib import crc32

from bearerguard.errors import ConfigurationError

DEFAULT_PREFIX = "bg_"
RANDOM_BITS = 256
RANDOM_CHARACTERS = 43  # 62 ** 42 < 2 ** 256 < 62 ** 43
CHECKSUM_CHARACTERS = 6  # 62 ** 5 < 2 ** 32 < 62 ** 6
TAIL_CHARACTERS = RANDOM_CHARACTERS + CHECKSUM_CHARACTERS

SECRET_SCANNER_PATTERN = r"bg_[0-9A-Za-z]{49}"
"""What to give to a secret scanner, for the default prefix."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TAIL = re.compile(rb"[0-9A-Za-z]{%d}" % TAIL_CHARACTERS)
_PREFIX = re.compile(r"[A-Za-z0-9\-._~+/]+")  # b64token of RFC 6750 section 2.1, but for "=" at its end
MAX_PREFIX_CHARACTERS = 32  # a prefix is a mark, not a message


def mint(prefix: str = DEFAULT_PREFIX) -> str:
    """Make a new token. Raises ConfigurationError on a prefix that cannot stand in a request."""
    check_prefix(prefix)
    unchecked = prefix + _base62(secrets.randbits(RANDOM_BITS), RANDOM_CHARACTERS)
    return unchecked + _checksum(unchecked.encode("ascii"))


def has_valid_checksum(token: bytes, prefix: bytes) -> bool:
    """Tell whether this has the form of our tokens: prefix, length, alphabet and checksum.

    Does not: say anything about whether such a token was ever issued.
    """
    if not token.startswith(prefix) or _TAIL.fullmatch(token, len(prefix)) is None:
        return False
    return _checksum(token[:-CHECKSUM_CHARACTERS]).encode("ascii") == token[-CHECKSUM_CHARACTERS:]


def check_prefix(prefix: str) -> None:
    """Raise ConfigurationError unless tokens may begin with this."""
    if len(prefix) > MAX_PREFIX_CHARACTERS or _PREFIX.fullmatch(prefix) is None:
        raise ConfigurationError(
            f"a token prefix is 1 to {MAX_PREFIX_CHARACTERS} letters, digits and -._~+/ (RFC 6750 b64token)"
        )


def _checksum(unchecked: bytes) -> str:
    return _base62(crc32(unchecked), CHECKSUM_CHARACTERS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
