"""Of two records of one token, what reaches further counts: it is how revocations never get lost."""

from __future__ import annotations

from dataclasses import replace

from bearerguard.stores import TokenRecord


def extended(known: TokenRecord, record: TokenRecord) -> TokenRecord:
    """Give the one that is known with the later `issued_at` and `expires_at`; no expiry is the latest."""
    expiries = [one.expires_at for one in (known, record) if one.expires_at is not None]
    return replace(
        known,
        issued_at=max(known.issued_at, record.issued_at),
        expires_at=max(expiries) if len(expiries) == 2 else None,
    )


def merged(known: TokenRecord, record: TokenRecord) -> TokenRecord:
    """Give the same with the later `revoked_at` too; what one of them says is revoked, is."""
    revoked = [one.revoked_at for one in (known, record) if one.revoked_at is not None]
    return replace(extended(known, record), revoked_at=max(revoked, default=None))
