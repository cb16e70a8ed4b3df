"""The guard: tokens of the store that the authorization server writes, cached for a few seconds."""

from __future__ import annotations

from bearerguard import Cached, ResourceServer, StoredTokens
from bearerguard.stores import TokenStore
from spotify.refusals import render_refusal

MAX_AGE_SECONDS = 5.0  # how late a revocation by another process may be seen


def build_guard(store: TokenStore, *, resource: str) -> ResourceServer:
    """Build the guard; `resource` is the service's own address, without a path."""
    return ResourceServer(
        resource=resource,
        realm="spotify",
        verifier=Cached(StoredTokens(store), max_age_seconds=MAX_AGE_SECONDS),
        render_refusal=render_refusal,
    )
