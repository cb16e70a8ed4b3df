"""An authorization server built on Authlib that signs its access tokens (RFC 9068), to be served by granian.

Its issuer has a path, so that its metadata is where RFC 8414 section 3.1 inserts it. One client gets
opaque tokens all the same, as many servers issue to some.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant, ResourceOwnerPasswordCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator, JWTIntrospectionEndpoint, JWTRevocationEndpoint
from flask import Flask, Response, jsonify, request
from joserfc.jwk import KeySet
from werkzeug.security import gen_salt

from tests.authorization_servers.authlib_rows import Rows, TokenRow
from tests.authorization_servers.published_keys import PublishedKeys
from tests.authorization_servers.registered import (
    API,
    LIFETIME_SECONDS,
    OPAQUE,
    PASSWORD,
    RESOURCE,
    USER,
)

HOST = os.environ["OWN_URL"]
ISSUER = f"{HOST}/tenant"
FOLDER = Path(os.environ["AUTHORIZATION_SERVER_FOLDER"])
BOTH = ["client_secret_basic", "client_secret_post"]

rows = Rows(FOLDER / "authlib_signing.db")
keys = PublishedKeys(FOLDER / "authlib_signing.json")


class User:
    """The one who may log in."""

    username = USER

    def get_user_id(self) -> str:
        return self.username


class PasswordGrant(ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = BOTH

    def authenticate_user(self, username: str, password: str) -> User | None:
        return User() if (username, password) == (USER, PASSWORD) else None


class Signed(JWTBearerTokenGenerator):
    """Authlib's own, for the resource that the client asks for (RFC 8707), which is left to its users."""

    def get_jwks(self) -> KeySet:
        return keys.newest()

    def get_audiences(self, client: Any, user: Any, scope: Any) -> str:
        return request.form.get("resource", RESOURCE)


class AllPublished:
    """What the endpoints below take for signed by us."""

    def get_jwks(self) -> KeySet:
        return keys.all()


class SignedRevocation(AllPublished, JWTRevocationEndpoint):
    """Refuses to revoke what is signed, as Authlib has it."""


class SignedIntrospection(AllPublished, JWTIntrospectionEndpoint):
    def check_permission(self, token: Any, client: Any, request: Any) -> bool:
        return bool(client.client_id == API.client_id)


class OpaqueRevocation(RevocationEndpoint):
    def query_token(self, token: str, token_type_hint: str | None) -> TokenRow | None:
        return rows.find_by_access_token(token)

    def revoke_token(self, token: TokenRow, request: Any) -> None:
        token.is_taken_back = True
        rows.save(token)


class OpaqueIntrospection(IntrospectionEndpoint):
    def query_token(self, token: str, token_type_hint: str | None) -> TokenRow | None:
        return rows.find_by_access_token(token)

    def check_permission(self, token: TokenRow, client: Any, request: Any) -> bool:
        return bool(client.client_id == API.client_id)

    def introspect_token(self, token: TokenRow) -> dict[str, Any]:
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": token.token_type,
            "scope": token.get_scope(),
            "sub": token.client_id,
            "aud": RESOURCE,
            "iss": ISSUER,
            "exp": token.expires_at,
            "iat": token.issued_at,
        }


def save_token(token: dict[str, Any], request: Any) -> None:
    username = request.user.username if request.user else None
    rows.save(TokenRow(client_id=request.client.client_id, username=username, **token))


signed = Signed(ISSUER, expires_generator=LIFETIME_SECONDS)
opaque = BearerTokenGenerator(lambda **_: gen_salt(42), expires_generator=LIFETIME_SECONDS)


def generate_token(client: Any, **asked: Any) -> dict[str, Any]:
    generate = opaque if client.client_id == OPAQUE.client_id else signed
    token: dict[str, Any] = generate(client=client, **asked)
    return token


application = Flask(__name__)
server = AuthorizationServer(application, query_client=rows.find_client, save_token=save_token)
server.register_token_generator("default", generate_token)
server.register_grant(ClientCredentialsGrant)
server.register_grant(PasswordGrant)
server.register_endpoint(SignedIntrospection(ISSUER))
server.register_endpoint(SignedRevocation(ISSUER))
server.register_endpoint(OpaqueIntrospection)
server.register_endpoint(OpaqueRevocation)


@application.post("/oauth/token/")
def token() -> Any:
    return server.create_token_response()


@application.post("/oauth/revoke_token/")
def revoke() -> Any:
    return server.create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME)


@application.post("/oauth/introspect/")
def introspect() -> Any:
    return server.create_endpoint_response(IntrospectionEndpoint.ENDPOINT_NAME)


@application.get("/oauth/jwks/")
def jwks() -> Response:
    return jsonify(keys.public())


@application.get(get_well_known_url(ISSUER))
def metadata() -> Response:
    found = AuthorizationServerMetadata(
        issuer=ISSUER,
        token_endpoint=f"{HOST}/oauth/token/",
        revocation_endpoint=f"{HOST}/oauth/revoke_token/",
        introspection_endpoint=f"{HOST}/oauth/introspect/",
        jwks_uri=f"{HOST}/oauth/jwks/",
        response_types_supported=[],
        grant_types_supported=["client_credentials", "password"],
    )
    return jsonify(found)


@application.post("/keys/<change>")
def change_keys(change: str) -> Response:
    """What an operator does: `rotate` and `withdraw`."""
    {"rotate": keys.rotate, "withdraw": keys.withdraw}[change]()
    return Response(status=204)
