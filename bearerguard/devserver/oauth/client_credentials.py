"""The client credentials grant (RFC 6749 section 4.4): an application that speaks for itself."""

from __future__ import annotations

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from bearerguard.devserver.oauth.authenticating import METHODS
from bearerguard.devserver.oauth.errors import Refused
from bearerguard.devserver.oauth.issuing import TokenAnswer, keep
from bearerguard.wire.scope import parse_scopes


class ClientCredentials(ClientCredentialsGrant):
    """Without `scope` the token has none: what an application may do by itself it has to ask for."""

    # A public application is told that this is not for it, rather than that nobody knows it.
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_requested_scope(self) -> None:
        super().validate_requested_scope()
        if not self.client.may_ask_for(frozenset(parse_scopes(self.request.payload.scope or ""))):
            raise Refused("invalid_scope")

    def save_token(self, token: TokenAnswer) -> None:
        keep(self.server.parts, token, None)
