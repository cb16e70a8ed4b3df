"""The guard: tokens of the store that the authorization server writes, and who may write may read."""

from __future__ import annotations

from bearerguard import Cached, ResourceServer, ScopeTree, StoredTokens
from bearerguard.stores import TokenStore

MAX_AGE_SECONDS = 5.0  # how late a revocation by another process may be seen
SCOPES = ScopeTree({"account:write": ["account:read"]})


def build_guard(store: TokenStore, *, resource: str) -> ResourceServer:
    """Build the guard; `resource` is the service's own address, without a path."""
    return ResourceServer(
        resource=resource,
        realm="accounts",
        verifier=Cached(StoredTokens(store), max_age_seconds=MAX_AGE_SECONDS),
        scope_tree=SCOPES,
    )
