"""Records that a number stands for: the same in every run, in any order, without a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from bearerguard.stores import TokenRecord

ISSUED_AT = 1_700_000_000.0
EXPIRES_AT = 4_102_444_800.0  # the first day of 2100
SCOPES = frozenset(("tag", "rating"))
TOKENS_PER_USER = 3
APPLICATIONS = 200


def digest_of(number: int) -> bytes:
    """Give the digest of the token of a number."""
    return sha256(b"%d" % number).digest()


def record_of(number: int) -> TokenRecord:
    """Give its record: a user with a few tokens, one of some applications, two scopes."""
    return TokenRecord(
        digest_of(number),
        f"user-{number // TOKENS_PER_USER:08d}",
        client_id=f"client-{number % APPLICATIONS}",
        scopes=SCOPES,
        issued_at=ISSUED_AT,
        expires_at=EXPIRES_AT,
    )


def records(first: int, last: int) -> Iterator[TokenRecord]:
    """Give the records from one number to another, that one not included."""
    return map(record_of, range(first, last))
