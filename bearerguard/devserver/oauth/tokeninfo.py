"""What whoever has an access token may know of it: the endpoint that MusicBrainz documents."""

from __future__ import annotations

from typing import Any

from bearerguard.devserver.oauth.live import find_live
from bearerguard.devserver.parts import Parts


def tokeninfo(parts: Parts, token: str) -> dict[str, Any] | None:
    """Say what an access token is, None of one that is not good. Raises Unavailable."""
    record = find_live(parts, token)
    if record is None:
        return None
    grant = parts.grants.of_access_token(record.digest)
    facts = {
        "audience": record.client_id,
        "issued_to": record.client_id,
        "access_type": "offline" if grant is not None and grant.offline else "online",
        "token_type": "Bearer",
        "scope": " ".join(sorted(record.scopes)),
        "expires_in": None if record.expires_at is None else int(record.expires_at - parts.now()),
    }
    return {name: value for name, value in facts.items() if value is not None}
