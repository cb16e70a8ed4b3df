"""The authorization server: Authlib's procedure with our state, our checks and our words (RFC 6749)."""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from flask import Flask, Request, Response
from flask import request as current_request

from bearerguard.devserver.oauth.asked import AskedRequest
from bearerguard.devserver.oauth.authenticating import authenticate
from bearerguard.devserver.oauth.client_credentials import ClientCredentials
from bearerguard.devserver.oauth.code import AuthorizationCode, ProofKey
from bearerguard.devserver.oauth.errors import Refused, describe, error_response
from bearerguard.devserver.oauth.implicit import Implicit
from bearerguard.devserver.oauth.issuing import TokenAnswer, make
from bearerguard.devserver.oauth.models import Client
from bearerguard.devserver.oauth.refresh import Refresh
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import User
from bearerguard.wire.scope import parse_scopes

EXTENSION = "bearerguard.devserver.oauth"


class DevelopmentServer(AuthorizationServer):
    """Authlib's server. Before any call of it, `hand_over` says what the current request asks for.

    The authorization endpoint calls `get_consent_grant()`, which raises OAuth2Error (say it with `describe`),
    then `create_authorization_response(grant_user=User, grant=grant)`, `grant_user=None` where the user says
    no. Its Location may be the oob URN, which no browser can follow: then code or error belong on a page.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts

    def create_oauth2_request(self, request: Request | None) -> AskedRequest:
        return AskedRequest(current_request if request is None else request, self.parts.issuer)

    def query_client(self, client_id: str) -> Client | None:
        application = self.parts.applications.find(client_id)
        return None if application is None else Client(application)

    def authenticate_client(
        self, request: AskedRequest, methods: list[str], endpoint: str = "token"
    ) -> Client:
        return authenticate(self.parts.applications, request, may_be_public="none" in methods)

    def validate_requested_scope(self, scope: str | None) -> None:
        try:
            asked = frozenset(parse_scopes(scope or ""))
        except ValueError:
            raise Refused("invalid_scope") from None
        if not asked <= self.parts.settings.scopes.keys():
            raise Refused("invalid_scope")

    def generate_token(
        self,
        *,
        client: Client,
        user: User | None = None,
        scope: str | None = None,
        include_refresh_token: bool = False,
        **_: object,
    ) -> TokenAnswer:
        return make(
            self.parts, client=client, user=user, scope=scope, include_refresh_token=include_refresh_token
        )

    def handle_error_response(self, request: AskedRequest, error: OAuth2Error) -> Response:
        error.description = describe(error)
        if error.redirect_uri:
            response: Response = super().handle_error_response(request, error)
            return response
        return error_response(error.error, error.description)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody."""


def build_server(parts: Parts) -> DevelopmentServer:
    """Build the server with the grants that its settings allow."""
    server = DevelopmentServer(parts)
    server.register_grant(AuthorizationCode, [ProofKey(required=not parts.settings.pkce_optional)])
    server.register_grant(Refresh)
    server.register_grant(ClientCredentials)
    if parts.settings.allow_implicit:
        server.register_grant(Implicit)
    return server


def server_of(app: Flask) -> DevelopmentServer:
    """Give the server of an application that `register_oauth` has seen."""
    server: DevelopmentServer = app.extensions[EXTENSION]
    return server
