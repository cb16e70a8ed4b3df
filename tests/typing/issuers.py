"""What a type checker makes of issuers and of what is built from them; nothing here runs."""

from __future__ import annotations

from typing import assert_type

from bearerguard import (
    ByIssuer,
    Cached,
    ClientSecretBasic,
    Introspection,
    Issuer,
    JwtVerifier,
    ResourceServer,
)
from bearerguard.keys.remote import RemoteKeys

CLIENT = ClientSecretBasic("api", "secret")

issuer = Issuer("https://as.example.org")
assert_type(issuer.keys(cooldown_seconds=10), RemoteKeys)
assert_type(issuer.jwt_verifier(typ=("JWT",)), JwtVerifier)
assert_type(issuer.introspection(client=CLIENT, max_in_flight=8), Introspection)
issuer.keys(cooldown=10)  # type: ignore[call-arg]
issuer.jwt_verifier(scopes_from=5)  # type: ignore[arg-type]
issuer.introspection()  # type: ignore[call-arg]

by_name: dict[str, JwtVerifier] = {"https://as.example.org": issuer.jwt_verifier()}
ByIssuer(by_name)
ByIssuer({issuer: issuer.jwt_verifier()}, otherwise=issuer.introspection(client=CLIENT))
ByIssuer({"https://as.example.org": Cached(issuer.verifier()), issuer.identifier: issuer.verifier()})
ByIssuer({5: issuer.verifier()})  # type: ignore[type-var]

server = ResourceServer.for_issuer(issuer, resource="https://api.example.org", audiences=["api"])
assert_type(server, ResourceServer)
ResourceServer.for_issuer("https://as.example.org", resource="https://api.example.org", loopback_http=True)
ResourceServer.for_issuer("https://as.example.org")  # type: ignore[call-arg]
ResourceServer.for_issuer(issuer, resource="https://api.example.org", audience="x")  # type: ignore[call-arg]
