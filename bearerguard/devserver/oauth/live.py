"""Find the access tokens that are good now."""

from __future__ import annotations

from bearerguard.devserver.parts import Parts
from bearerguard.stores import TokenRecord, digest_of


def find_live(parts: Parts, token: str) -> TokenRecord | None:
    """Give the record of an access token that is neither expired nor revoked. Raises Unavailable."""
    record = parts.store.find(digest_of(token))
    if record is None or record.revoked_at is not None:
        return None
    if record.expires_at is not None and parts.now() >= record.expires_at:
        return None
    return record
