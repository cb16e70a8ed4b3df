"""A record as the value of its key: its instants at fixed places, so that a script can change them there.

    version 1 | issued_at 8 | expires_at 8 | revoked_at 8 | last_used_at 8 | texts
    texts     = subject FF client_id FF scopes FF label

Instants are big-endian doubles, infinity for never; when it was last used is no part of the record, and 0 for
never. The texts are UTF-8, in which FF does not occur; none is empty, so an empty one says None.
"""

from __future__ import annotations

import math
import struct

from bearerguard.errors import Unavailable
from bearerguard.stores import FIRST_IMPOSSIBLE_INSTANT, TokenRecord
from bearerguard.stores._rows import restored, row_of

VERSION = 1
NEVER = math.inf
NEVER_USED = 0.0
_VERSION_BYTE = bytes([VERSION])
_SEPARATOR = b"\xff"
_INSTANT = struct.Struct(">d")
_INSTANTS = struct.Struct(">dddd")
_LAST_USE = 1 + 3 * _INSTANT.size
_FIRST_TEXT = 1 + _INSTANTS.size


class NewerRecord(ValueError):
    """A value of a version that is not known here."""


def record_of(name: str, digest: bytes, value: bytes) -> TokenRecord:
    """Make the record of a value that was found in the Redis of this name. Raises Unavailable."""
    try:
        return loaded(digest, value)
    except NewerRecord as error:
        what = "was written by a newer bearerguard: upgrade this one"
        raise Unavailable(f"token store: a record in {name} {what}") from error
    except ValueError as error:
        raise Unavailable(f"token store: a record in {name} is broken") from error


def dumped(record: TokenRecord) -> bytes:
    """Make the value of a record."""
    _, subject, client_id, scopes, issued_at, expires_at, revoked_at, label = row_of(record)
    instants = _INSTANTS.pack(issued_at, _or_never(expires_at), _or_never(revoked_at), NEVER_USED)
    texts = (text.encode() if text is not None else b"" for text in (subject, client_id, scopes, label))
    return _VERSION_BYTE + instants + _SEPARATOR.join(texts)


def dumped_instant(instant: float) -> bytes:
    """Write an instant as it stands in a value."""
    return _INSTANT.pack(instant)


def loaded(digest: bytes, value: bytes) -> TokenRecord:
    """Make the record of a value. Raises NewerRecord, and ValueError for what this store did not write."""
    if not value.startswith(_VERSION_BYTE):
        raise NewerRecord if value and value[0] > VERSION else ValueError("not a record")
    try:
        issued_at, expires_at, revoked_at, _ = _INSTANTS.unpack_from(value, 1)
    except struct.error as error:
        raise ValueError("a record that ends early") from error
    subject, client_id, scopes, label = value[_FIRST_TEXT:].split(_SEPARATOR)
    # Written so that NaN, which nothing is older or newer than, is refused too.
    if not 0 <= issued_at < FIRST_IMPOSSIBLE_INSTANT:
        raise ValueError("a record that was issued at no time")
    return restored(
        (
            digest,
            subject.decode() or None,
            client_id.decode() or None,
            scopes.decode(),
            issued_at,
            None if expires_at == NEVER else expires_at,
            None if revoked_at == NEVER else revoked_at,
            label.decode() or None,
        )
    )


def last_use_of(value: bytes) -> float:
    """Give when the token of a value was last used, NEVER_USED where nobody knows."""
    is_ours = value.startswith(_VERSION_BYTE) and len(value) > _FIRST_TEXT
    (at,) = _INSTANT.unpack_from(value, _LAST_USE) if is_ours else (NEVER_USED,)
    return float(at)


def _or_never(instant: float | None) -> float:
    return NEVER if instant is None else instant
