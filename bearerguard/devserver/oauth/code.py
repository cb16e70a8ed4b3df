"""The authorization code grant (RFC 6749 section 4.1) with PKCE (RFC 7636)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge

from bearerguard.devserver.oauth.asked import AskedRequest
from bearerguard.devserver.oauth.authenticating import METHODS
from bearerguard.devserver.oauth.errors import Refused, missing
from bearerguard.devserver.oauth.issuing import TokenAnswer, keep
from bearerguard.devserver.oauth.models import Client, IssuedCode
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import Code, Grant, User
from bearerguard.devserver.secrets import digest_of, new_id, new_secret
from bearerguard.wire.scope import parse_scopes

PLAIN = "plain"  # what a challenge is that does not say (RFC 7636 section 4.3)


class ProofKey(CodeChallenge):
    """PKCE; Authlib asks only for the verifier, where the challenge was forgotten already."""

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        is_public = not grant.request.client.application.is_confidential
        if self.required and is_public and "code_challenge" not in grant.request.form:
            raise missing("code_challenge")


class AuthorizationCode(AuthorizationCodeGrant):
    """A code is good once, for `code_seconds`, for one application and one redirect URI."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @property
    def _parts(self) -> Parts:
        parts: Parts = self.server.parts
        return parts

    def generate_authorization_code(self) -> str:
        return new_secret()

    def save_authorization_code(self, code: str, request: AskedRequest) -> None:
        now = self._parts.now()
        client, asked = request.client, request.form
        grant = Grant(
            new_id(),
            request.user.name,
            client.client_id,
            scopes=frozenset(parse_scopes(request.scope)),
            offline=request.offline,
            created_at=now,
        )
        challenge = _challenge_at_rest(asked)
        kept = Code(
            digest_of(code),
            grant.grant_id,
            client_id=client.client_id,
            redirect_uri=asked.get("redirect_uri"),
            challenge=challenge,
            challenge_method=None if challenge is None else "S256",
            expires_at=now + self._parts.settings.code_seconds,
        )
        self._parts.grants.add(grant, kept)

    def query_authorization_code(self, code: str, client: Client) -> IssuedCode | None:
        """Give the code if it is good; of a used one all that it gave ends here (section 4.1.2)."""
        grants, now = self._parts.grants, self._parts.now()
        found = grants.find_code(digest_of(code))
        if found is None or found.client_id != client.client_id:
            return None
        if found.used_at is not None:
            grants.revoke(found.grant_id, at=now)
            return None
        grant = grants.find(found.grant_id)
        if grant is None or grant.is_revoked or now >= found.expires_at:
            return None
        _check_redirect_uri(found, self.request.form.get("redirect_uri"), client)
        return IssuedCode(found, grant)

    def authenticate_user(self, authorization_code: IssuedCode) -> User | None:
        return self._parts.users.find(authorization_code.grant.user)

    def generate_token(
        self, user: User, scope: str, include_refresh_token: bool = False, **_: object
    ) -> TokenAnswer:
        """What the user has allowed decides on the refresh token, not what the application could use."""
        offline = self.request.authorization_code.grant.offline
        token: TokenAnswer = super().generate_token(user=user, scope=scope, include_refresh_token=offline)
        return token

    def save_token(self, token: TokenAnswer) -> None:
        issued: IssuedCode = self.request.authorization_code
        keep(self._parts, token, issued.grant, code=issued.code.digest)

    def delete_authorization_code(self, authorization_code: IssuedCode) -> None:
        """It is used up with the tokens that it gave, in one transaction, and stays known as used."""


def _challenge_at_rest(asked: Mapping[str, str]) -> str | None:
    """Give the challenge as S256 has it: a plain one is the verifier itself, which is a secret."""
    challenge = asked.get("code_challenge")
    if challenge is None or asked.get("code_challenge_method", PLAIN) != PLAIN:
        return challenge
    return str(create_s256_code_challenge(challenge))


def _check_redirect_uri(code: Code, given: str | None, client: Client) -> None:
    """Refuse a redirect URI where the request named none and meant another (section 4.1.3)."""
    if code.redirect_uri is None and given not in (None, client.get_default_redirect_uri()):
        raise Refused("invalid_grant")
