"""Our records as Authlib wants to ask them (RFC 6749)."""

from __future__ import annotations

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin

from bearerguard.devserver.oauth.redirects import may_use
from bearerguard.devserver.records import Application, Code, Grant, RefreshToken
from bearerguard.wire.scope import parse_scopes

CONFIDENTIAL_GRANTS = frozenset({"authorization_code", "refresh_token", "client_credentials"})
PUBLIC_GRANTS = frozenset({"authorization_code", "refresh_token"})
CONFIDENTIAL_RESPONSES = frozenset({"code"})
PUBLIC_RESPONSES = frozenset({"code", "token"})  # whether there is an implicit grant at all: `build_server`


@dataclass(frozen=True)
class Client(ClientMixin):
    """An application. Who it is has been asked elsewhere: see `authenticate`."""

    application: Application

    @property
    def client_id(self) -> str:
        return self.application.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Give the only one that is registered: of several it has to be named (section 3.1.2.3)."""
        uris = self.application.redirect_uris
        return uris[0] if len(uris) == 1 else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return may_use(self.application, redirect_uri)

    def check_response_type(self, response_type: str) -> bool:
        responses = CONFIDENTIAL_RESPONSES if self.application.is_confidential else PUBLIC_RESPONSES
        return response_type in responses

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in (CONFIDENTIAL_GRANTS if self.application.is_confidential else PUBLIC_GRANTS)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Give the scope back, None where there is none or it is more than this application may ask for."""
        if not scope:
            return None
        return scope if self.may_ask_for(frozenset(parse_scopes(scope))) else None

    def may_ask_for(self, scopes: frozenset[str]) -> bool:
        return self.application.scopes is None or scopes <= self.application.scopes


@dataclass(frozen=True)
class IssuedCode(AuthorizationCodeMixin):
    """A code and what its user has allowed."""

    code: Code
    grant: Grant

    def get_redirect_uri(self) -> str | None:
        return self.code.redirect_uri

    def get_scope(self) -> str:
        return scope_of(self.grant)

    @property
    def code_challenge(self) -> str | None:
        return self.code.challenge

    @property
    def code_challenge_method(self) -> str | None:
        return self.code.challenge_method


@dataclass(frozen=True)
class IssuedRefreshToken(TokenMixin):
    """A refresh token and what its user has allowed."""

    refresh_token: RefreshToken
    grant: Grant

    def check_client(self, client: Client) -> bool:
        return self.grant.client_id == client.client_id

    def get_scope(self) -> str:
        return scope_of(self.grant)


def scope_of(grant: Grant) -> str:
    """Write what a grant reaches as one list."""
    return " ".join(sorted(grant.scopes))
