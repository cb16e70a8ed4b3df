"""An authorization server built on Authlib with Flask, to be served by granian.

Its endpoints follow the examples in Authlib's own documentation, which leaves to its users what an
introspection answer says. There are three, to show what becomes of what they may choose.
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
from flask import Flask, Response, request
from werkzeug.security import gen_salt

from tests.authorization_servers.authlib_rows import Rows, TokenRow
from tests.authorization_servers.registered import PASSWORD, RESOURCE, USER, Client, lifetime_seconds

ISSUER = "https://as.example.org"
MAY_INTROSPECT = ("api", "spaced-api", "late-api-of-asgi", "late-api-of-wsgi")
BOTH = ["client_secret_basic", "client_secret_post"]

rows = Rows(Path(os.environ["AUTHORIZATION_SERVER_FOLDER"]) / "authlib.db")


class User:
    """The one who may log in."""

    username = USER


class PasswordGrant(ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = BOTH

    def authenticate_user(self, username: str, password: str) -> User | None:
        return User() if (username, password) == (USER, PASSWORD) else None


class ByHint:
    """Where to look, as the documentation has it."""

    def query_token(self, token: str, token_type_hint: str | None) -> TokenRow | None:
        if token_type_hint == "access_token":
            return rows.find_by_access_token(token)
        if token_type_hint == "refresh_token":
            return rows.find_by_refresh_token(token)
        return rows.find_by_access_token(token) or rows.find_by_refresh_token(token)


class Revocation(ByHint, RevocationEndpoint):
    def revoke_token(self, token: TokenRow, request: Any) -> None:
        token.is_taken_back = True
        rows.save(token)


class Introspection(ByHint, IntrospectionEndpoint):
    """The example of the documentation, but for `aud`: the API that a token is for."""

    CLIENT_AUTH_METHODS = BOTH

    def check_permission(self, token: TokenRow, client: Any, request: Any) -> bool:
        return client.client_id in MAY_INTROSPECT

    def introspect_token(self, token: TokenRow) -> dict[str, Any]:
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": token.token_type,
            "username": token.username,
            "scope": token.get_scope(),
            "sub": token.username,
            "aud": self.audience(token),
            "iss": ISSUER,
            "exp": token.expires_at,
            "iat": token.issued_at,
        }

    def audience(self, token: TokenRow) -> str:
        return RESOURCE


class AudienceIsClient(Introspection):
    """The example to the letter: `aud` is the application that got the token."""

    ENDPOINT_NAME = "introspection of the example"
    CLIENT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012 - as the class that it overrides has it

    def audience(self, token: TokenRow) -> str:
        return token.client_id


class BeyondTheHint(Introspection):
    """One that looks further when the hint was wrong, as RFC 7662 section 2.1 demands."""

    ENDPOINT_NAME = "introspection beyond the hint"

    def query_token(self, token: str, token_type_hint: str | None) -> TokenRow | None:
        return super().query_token(token, None)


def save_token(token: dict[str, Any], request: Any) -> None:
    username = request.user.username if request.user else None
    rows.save(TokenRow(client_id=request.client.client_id, username=username, **token))


application = Flask(__name__)
server = AuthorizationServer(application, query_client=rows.find_client, save_token=save_token)
server.register_token_generator(
    "default",
    BearerTokenGenerator(
        lambda **_: gen_salt(42),
        lambda **_: gen_salt(48),
        lambda client, _: lifetime_seconds(client.client_id),
    ),
)
server.register_grant(ClientCredentialsGrant)
server.register_grant(PasswordGrant)
for endpoint in (Revocation, Introspection, AudienceIsClient, BeyondTheHint):
    server.register_endpoint(endpoint)


@application.post("/oauth/token/")
def token() -> Any:
    return server.create_token_response()


@application.post("/oauth/revoke_token/")
def revoke() -> Any:
    return server.create_endpoint_response(Revocation.ENDPOINT_NAME)


@application.post("/oauth/introspect/")
def introspect() -> Any:
    return server.create_endpoint_response(Introspection.ENDPOINT_NAME)


@application.post("/oauth/introspect-of-the-example/")
def introspect_of_the_example() -> Any:
    return server.create_endpoint_response(AudienceIsClient.ENDPOINT_NAME)


@application.post("/oauth/introspect-beyond-the-hint/")
def introspect_beyond_the_hint() -> Any:
    return server.create_endpoint_response(BeyondTheHint.ENDPOINT_NAME)


@application.post("/clients")
def clients() -> Response:
    rows.register(Client(request.form["client_id"], request.form["client_secret"]))
    return Response(status=201)
