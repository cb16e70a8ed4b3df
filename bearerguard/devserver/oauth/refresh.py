"""The refresh token grant (RFC 6749 section 6), with rotation where the settings say so (RFC 9700)."""

from __future__ import annotations

from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from bearerguard.devserver.oauth.authenticating import METHODS
from bearerguard.devserver.oauth.issuing import TokenAnswer, keep
from bearerguard.devserver.oauth.models import IssuedRefreshToken
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import User
from bearerguard.devserver.secrets import digest_of


class Refresh(RefreshTokenGrant):
    """The refresh token stays the same or, with rotation, is replaced by another with each use."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @property
    def _parts(self) -> Parts:
        parts: Parts = self.server.parts
        return parts

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.validate_requested_scope()

    def authenticate_refresh_token(self, refresh_token: str) -> IssuedRefreshToken | None:
        """Give the token if it is good; using a replaced one ends the grant (RFC 9700 section 4.14.2)."""
        grants = self._parts.grants
        found = grants.find_refresh_token(digest_of(refresh_token))
        grant = None if found is None else grants.find(found.grant_id)
        if found is None or grant is None or grant.client_id != self.request.client.client_id:
            return None
        if found.revoked_at is not None:
            grants.revoke(grant.grant_id, at=self._parts.now())
            return None
        return IssuedRefreshToken(found, grant)

    def authenticate_user(self, refresh_token: IssuedRefreshToken) -> User | None:
        return self._parts.users.find(refresh_token.grant.user)

    def issue_token(self, user: User, refresh_token: IssuedRefreshToken) -> TokenAnswer:
        rotates = self._parts.settings.rotate_refresh_tokens
        scope = self.request.payload.scope or refresh_token.get_scope()
        token: TokenAnswer = self.generate_token(user=user, scope=scope, include_refresh_token=rotates)
        token.setdefault("refresh_token", self.request.form["refresh_token"])
        return token

    def save_token(self, token: TokenAnswer) -> None:
        issued: IssuedRefreshToken = self.request.refresh_token
        rotates = self._parts.settings.rotate_refresh_tokens
        keep(self._parts, token, issued.grant, replaces=issued.refresh_token.digest if rotates else None)

    def revoke_old_credential(self, refresh_token: IssuedRefreshToken) -> None:
        """With rotation it has been replaced already, in one transaction with what replaces it."""
