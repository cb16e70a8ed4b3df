"""Take a signed token apart (RFC 7515 section 7.1), before anything of it is believed.

    JWS = BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)

Five segments are an encrypted token (JWE, RFC 7516 section 7.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from bearerguard.wire.base64url import decode_base64url
from bearerguard.wire.json import parse_object

# A header names an algorithm, a key and a type. What is longer carries certificates, which are not read.
MAX_HEADER_CHARACTERS = 8 * 1024

# A dozen members, one of which may be a key or a chain of certificates.
MAX_HEADER_VALUES = 64

# Four times what a request may carry by default (`Bearer(max_token_bytes=...)`): some issuers list groups.
MAX_PAYLOAD_CHARACTERS = 64 * 1024

# The signature of the largest RSA key that is taken, 16,384 bits, which is longer than every other.
MAX_SIGNATURE_CHARACTERS = (16_384 // 8 * 4 + 2) // 3

# What an issuer calls its keys is a hash, a date or a UUID. Longer names are built to fill logs and tables.
MAX_KID_CHARACTERS = 1024

# All tokens of one key begin with the same header, and to read it takes as long as all the rest together.
# Strangers can send others, so few are kept, and no long ones.
MAX_KEPT_HEADERS = 64
MAX_KEPT_CHARACTERS = 512

# How the object of a header begins in base64url: a brace, then a quotation mark or a space, or a line break.
_BEGINNINGS = (b"ey", b"ew")

# How it begins where JSON's white space is before the brace: a space, a tab or a line feed, a return.
_SPACED_BEGINNINGS = (b"I", b"C", b"D")
_JSON_SPACE = b" \t\n\r"

_JWS_DOTS = 2
_JWE_DOTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactJws:
    """A signed token, decoded but unverified: whoever sent it may have written all of it.

    The header's `alg` is a text and so are, where they are there, `kid`, `typ` and `cty`.
    """

    header: Mapping[str, Any] = field(repr=False)
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signing_input: bytes = field(repr=False)


def looks_like_jws(token: bytes) -> bool:
    """Tell cheaply whether a token has the form of a signed or an encrypted one (JWS, JWE).

    Does not: decode anything, but for white space before its header; `parse_compact` may still refuse it.
    """
    begins = token.startswith(_BEGINNINGS) or _begins_spaced(token)
    return begins and token.count(b".") in (_JWS_DOTS, _JWE_DOTS)


def parse_compact(token: bytes) -> CompactJws:
    """Parse a signed token.

    Raises ValueError, whose message is fixed text: for other than three segments that are not empty,
    for one that is too long or not canonical base64url, for a header that is not one JSON object, lacks
    a text as `alg`, or names extensions (`crit`) or an unencoded payload (`b64`, RFC 7797).
    Does not: verify the signature, choose algorithms, or read the payload. Keys and addresses in the
    header (`jwk`, `jku`, `x5c`, `x5u`) mean nothing to us.
    """
    segments = token.split(b".", _JWE_DOTS + 1)
    if len(segments) == _JWE_DOTS + 1:
        raise ValueError("it is encrypted (JWE)")
    if len(segments) != _JWS_DOTS + 1 or not all(segments):
        raise ValueError("it is not three segments")
    header, payload, signature = segments
    return CompactJws(
        header=(_parse_short_header if len(header) <= MAX_KEPT_CHARACTERS else _parse_header)(header),
        payload=_decode("payload", payload, MAX_PAYLOAD_CHARACTERS),
        signature=_decode("signature", signature, MAX_SIGNATURE_CHARACTERS),
        signing_input=token[: -len(signature) - 1],
    )


def find_payload(token: bytes) -> bytes | None:
    """Find the payload of a token that may not be well-formed otherwise, to tell whom it names as issuer.

    None where there is none to be read, as in an encrypted token.
    """
    segments = token.split(b".", _JWS_DOTS + 1)
    if len(segments) != _JWS_DOTS + 1:
        return None
    try:
        return _decode("payload", segments[1], MAX_PAYLOAD_CHARACTERS)
    except ValueError:
        return None


def is_encrypted(token: bytes) -> bool:
    """Tell whether a token in one of these forms is an encrypted one (JWE)."""
    return token.count(b".") == _JWE_DOTS


def is_other(token: bytes) -> bool:
    """Tell whether a token in the form of a signed one is something else, as of itsdangerous.

    It is where its header can be read and names no algorithm.
    """
    try:
        text = _decode("header", token.partition(b".")[0], MAX_HEADER_CHARACTERS)
        header = parse_object(text, max_values=MAX_HEADER_VALUES)
    except ValueError:
        return False
    return "alg" not in header


def _begins_spaced(token: bytes) -> bool:
    if not token.startswith(_SPACED_BEGINNINGS):
        return False
    segment = token.partition(b".")[0]
    try:
        return decode_base64url(segment[: len(segment) // 4 * 4]).lstrip(_JSON_SPACE).startswith(b"{")
    except ValueError:
        return False


def _decode(name: str, segment: bytes, max_characters: int) -> bytes:
    if len(segment) > max_characters:
        raise ValueError(f"its {name} is too long")
    try:
        return decode_base64url(segment)
    except ValueError as error:
        raise ValueError(f"its {name} is {error}") from None


def _parse_header(segment: bytes) -> Mapping[str, Any]:
    text = _decode("header", segment, MAX_HEADER_CHARACTERS)
    try:
        header = parse_object(text, max_values=MAX_HEADER_VALUES)
    except ValueError as error:
        raise ValueError(f"its header is no use: {error}") from None
    if not isinstance(header.get("alg"), str):
        raise ValueError("its header names no algorithm")
    for name in ("kid", "typ", "cty"):
        if not isinstance(header.get(name, ""), str):
            raise ValueError(f"its header's {name} is not a text")
    if len(header.get("kid", "")) > MAX_KID_CHARACTERS:
        raise ValueError("its header's kid is too long")
    if "crit" in header:  # RFC 7515 section 4.1.11: whoever does not know the extensions must refuse
        raise ValueError("its header asks for extensions (crit)")
    if "b64" in header:
        raise ValueError("its header is about an unencoded payload (b64)")
    return MappingProxyType(header)  # the next token may be given the same one


_parse_short_header = lru_cache(MAX_KEPT_HEADERS)(_parse_header)
