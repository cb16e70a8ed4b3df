"""Resource servers to order, as the guarded servers build them from what a test says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from bearerguard import (
    ByIssuer,
    Cached,
    ClientBearerToken,
    ClientSecretBasic,
    ClientSecretPost,
    Decision,
    Introspection,
    Issuer,
    JwtVerifier,
    ResourceServer,
    RevokedTokens,
)
from bearerguard.clients.authentication import ClientAuthentication
from bearerguard.clients.httpx import HttpxClient
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.verifiers import Verifier
from tests.authorization_servers.registered import RESOURCE

Settings = Mapping[str, Any]
Note = Callable[[Decision], None]

CLIENTS: Mapping[str, Callable[..., ClientAuthentication]] = {
    "basic": ClientSecretBasic,
    "post": ClientSecretPost,
    "bearer": ClientBearerToken,
}


def build(settings: Settings, note: Note) -> ResourceServer:
    """Build one around an introspection endpoint, or around an issuer: in one line, or from its parts."""
    if settings["issuer"] is None:
        return _around(_introspection(settings), settings, note)
    issuer = Issuer(settings["issuer"], metadata_url=settings["metadata_url"], http=_http())
    if settings["parts"] is None:
        return _in_one_line(issuer, settings, note)
    return _around(_from_parts(issuer, settings, **settings["parts"]), settings, note)


def _in_one_line(issuer: Issuer, settings: Settings, note: Note) -> ResourceServer:
    return ResourceServer.for_issuer(
        issuer,
        resource=RESOURCE,
        client=_client(settings),
        audiences=settings["audiences"],
        on_decision=note,
        **settings["jwt"],
    )


def _from_parts(issuer: Issuer, settings: Settings, *, keys: Settings, revocations: str | None) -> Verifier:
    """The same with other ages, and revocations where there is a store for them."""
    client = _client(settings)
    signed: Verifier = JwtVerifier(issuer=issuer.identifier, keys=issuer.keys(**keys), **settings["jwt"])
    if revocations is not None:
        signed = RevokedTokens(signed, SqliteTokenStore(revocations))
    if client is None:
        return signed
    return ByIssuer({issuer: signed}, otherwise=issuer.introspection(client=client))


def _introspection(settings: Settings) -> Verifier:
    client = _client(settings)
    assert client is not None
    return Introspection(settings["endpoint"], client=client, http=_http(), **settings["introspection"])


def _around(verifier: Verifier, settings: Settings, note: Note) -> ResourceServer:
    return ResourceServer(
        resource=RESOURCE,
        realm="api",
        verifier=Cached(verifier, **settings["cached"]),
        audiences=settings["audiences"],
        on_decision=note,
    )


def _client(settings: Settings) -> ClientAuthentication | None:
    if settings["client"] is None:
        return None
    way, *proof = settings["client"]
    return CLIENTS[way](*proof)


def _http() -> HttpxClient:
    return HttpxClient(ca_file=os.environ["CA_FILE"])
