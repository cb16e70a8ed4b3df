"""The guard of the demo's services: tokens of a store of our own, and those of an authorization server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bearerguard import (
    Bearer,
    ByIssuer,
    Cached,
    FirstMatch,
    Issuer,
    JwtVerifier,
    ResourceServer,
    RevokeIn,
    StoredTokens,
)
from bearerguard.clients.httpx import HttpxClient
from bearerguard.demo.authorizing import AuthorizationServer
from bearerguard.demo.judging import REALM
from bearerguard.demo.wallet import RESOURCE
from bearerguard.stores.sqlite import SqliteTokenStore

MAX_AGE_SECONDS = 1.0  # short, so that a revocation elsewhere is seen while somebody watches
KEY_AGE_SECONDS = 0.5  # short for the same reason
REMOTE_AGE_SECONDS = 2.0  # short too, yet longer than a busy machine takes to kill a server and ask again
STALE_SECONDS = 60.0  # longer than the demo's outage
TIMEOUT_SECONDS = 30.0  # for a machine that is busy with other things


@contextmanager
def guard(
    store_file: Path, asked: AuthorizationServer, ca_file: Path, *, stale_seconds: float
) -> Iterator[ResourceServer]:
    """Build a guard with a store object, connections and caches of its own, as each machine would have.

    A local token is told by its form and never travels; no other token is looked up in the store. One that
    the authorization server has signed is verified by its keys, and about the rest it is asked.
    """
    store = SqliteTokenStore(store_file, create=False)
    issuer = Issuer(asked.issuer, http=HttpxClient(ca_file=ca_file), timeout_seconds=TIMEOUT_SECONDS)
    keys = issuer.keys(
        min_age_seconds=KEY_AGE_SECONDS, max_age_seconds=KEY_AGE_SECONDS, timeout_seconds=TIMEOUT_SECONDS
    )
    signed = JwtVerifier(issuer=issuer.identifier, keys=keys)
    others = issuer.introspection(client=asked.client, require_audience=True, timeout_seconds=TIMEOUT_SECONDS)
    remote = ByIssuer({issuer: signed}, otherwise=others)
    server = ResourceServer(
        resource=RESOURCE,
        realm=REALM,
        schemes=[Bearer(form=True, query=True)],
        verifier=FirstMatch(
            [
                Cached(StoredTokens(store), max_age_seconds=MAX_AGE_SECONDS),
                Cached(remote, max_age_seconds=REMOTE_AGE_SECONDS, stale_if_error_seconds=stale_seconds),
            ]
        ),
        plain_http=RevokeIn(store),
    )
    try:
        yield server
    finally:
        server.close()
        store.close()
