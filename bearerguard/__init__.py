"""OAuth 2 resource-server middleware for ASGI and WSGI: who may call this API, and how far.

server = ResourceServer(resource="https://api.example.org", realm="example",
                        verifier=Cached(StoredTokens(SqliteTokenStore("tokens.db", create=False))))
app = AsgiMiddleware(app, server)
"""

# In the order in which a request meets them.
from bearerguard.adapters.asgi import AsgiMiddleware
from bearerguard.adapters.wsgi import WsgiMiddleware
from bearerguard.clients.authentication import ClientBearerToken, ClientSecretBasic, ClientSecretPost
from bearerguard.decisions import Decision, Outcome
from bearerguard.errors import (
    BearerGuardError,
    ConfigurationError,
    InsecureTransport,
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
    Reason,
    Refusal,
    Unavailable,
)
from bearerguard.issuer import Issuer
from bearerguard.plain_http import RevokeIn
from bearerguard.schemes.bearer import Bearer
from bearerguard.scope_tree import ScopeTree
from bearerguard.scopes import any_of
from bearerguard.server import ResourceServer
from bearerguard.stores import TokenRecord
from bearerguard.token import AccessToken, Authentication, User
from bearerguard.verifiers.by_issuer import ByIssuer
from bearerguard.verifiers.cached import Cached
from bearerguard.verifiers.compose import FirstMatch, FromFunction
from bearerguard.verifiers.introspection import Introspection
from bearerguard.verifiers.jwt import JwtVerifier
from bearerguard.verifiers.revoked import RevokedTokens
from bearerguard.verifiers.stored import StoredTokens

__all__ = [
    "AccessToken",
    "AsgiMiddleware",
    "Authentication",
    "Bearer",
    "BearerGuardError",
    "ByIssuer",
    "Cached",
    "ClientBearerToken",
    "ClientSecretBasic",
    "ClientSecretPost",
    "ConfigurationError",
    "Decision",
    "FirstMatch",
    "FromFunction",
    "InsecureTransport",
    "InsufficientScope",
    "Introspection",
    "InvalidRequest",
    "InvalidToken",
    "Issuer",
    "JwtVerifier",
    "MissingCredentials",
    "Outcome",
    "Reason",
    "Refusal",
    "ResourceServer",
    "RevokeIn",
    "RevokedTokens",
    "ScopeTree",
    "StoredTokens",
    "TokenRecord",
    "Unavailable",
    "User",
    "WsgiMiddleware",
    "any_of",
]
