"""The implicit grant (RFC 6749 section 4.2), for what still needs it; RFC 9700 2.1.2 is against it."""

from __future__ import annotations

from authlib.oauth2.rfc6749.grants import ImplicitGrant

from bearerguard.devserver.oauth.asked import AskedRequest
from bearerguard.devserver.oauth.errors import Refused
from bearerguard.devserver.oauth.issuing import TokenAnswer, keep
from bearerguard.devserver.oauth.models import Client
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import Grant
from bearerguard.devserver.redirect_uris import OOB
from bearerguard.devserver.secrets import new_id


class Implicit(ImplicitGrant):
    """The token comes in the fragment, without a refresh token: what the user allows is online."""

    def authenticate_token_endpoint_client(self) -> Client:
        """Give the application that says it asks: nobody can prove that in a URL."""
        client: Client | None = self.server.query_client(self.request.payload.client_id or "")
        if client is None:
            raise Refused("invalid_client")
        return client

    @staticmethod
    def validate_authorization_redirect_uri(request: AskedRequest, client: Client) -> str:
        redirect_uri: str = ImplicitGrant.validate_authorization_redirect_uri(request, client)
        if redirect_uri == OOB:
            raise Refused("invalid_request", "A page cannot show a token: use response_type=code.")
        return redirect_uri

    def save_token(self, token: TokenAnswer) -> None:
        parts: Parts = self.server.parts
        grant = Grant(
            new_id(),
            self.request.user.name,
            self.client.client_id,
            scopes=token.record.scopes,
            offline=False,
            created_at=token.record.issued_at,
        )
        parts.grants.add(grant)
        keep(parts, token, grant)
