"""Make tokens, and answer with them only when they are kept (RFC 6749 section 5.1)."""

from __future__ import annotations

from typing import Any

from bearerguard.devserver.oauth.errors import Refused
from bearerguard.devserver.oauth.models import Client
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import Grant, RefreshToken, User
from bearerguard.devserver.secrets import digest_of, new_secret
from bearerguard.stores import TokenRecord, issue
from bearerguard.wire.scope import parse_scopes


class TokenAnswer(dict[str, Any]):
    """What goes to the application. Authlib logs it, so its repr is a name and no token."""

    record: TokenRecord

    def __repr__(self) -> str:
        return f"<access token {self.record.token_id}>"


def make(
    parts: Parts,
    *,
    client: Client,
    user: User | None = None,
    scope: str | None = None,
    include_refresh_token: bool = False,
) -> TokenAnswer:
    """Make tokens that nobody has yet."""
    scopes = sorted(set(parse_scopes(scope or "")))
    token, record = issue(
        subject=None if user is None else user.name,
        client_id=client.client_id,
        scopes=scopes,
        lifetime_seconds=parts.settings.access_token_seconds,
        now=parts.now,
    )
    answer = TokenAnswer(
        access_token=token,
        token_type="Bearer",
        expires_in=int(parts.settings.access_token_seconds),
        scope=" ".join(scopes),
    )
    if include_refresh_token:
        answer["refresh_token"] = new_secret()
    answer.record = record
    return answer


def keep(
    parts: Parts,
    answer: TokenAnswer,
    grant: Grant | None,
    *,
    code: bytes | None = None,
    replaces: bytes | None = None,
) -> None:
    """Keep what was made, and use up the code or the old refresh token that it was given for.

    Of several who try at once with one code, one gets here in time; that there was another ends the grant,
    and what the first one has just got ends with it (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2).

    Raises Refused, Unavailable.
    """
    record = answer.record
    # First of all here: a grant that ends in this moment finds the token in the store.
    parts.store.add(record)
    if grant is not None:
        kept = parts.grants.add_tokens(
            grant.grant_id,
            access_token=record.digest,
            refresh_token=_new_refresh_token(answer, grant, replaces=replaces, is_first=code is not None),
            code=code,
            replaces=replaces,
            at=parts.now(),
        )
        if not kept:
            parts.store.revoke(record.digest)
            parts.grants.revoke(grant.grant_id, at=parts.now())
            raise Refused("invalid_grant")
    _check_whose(parts, record)
    if parts.faults.revoke_at_once:
        parts.store.revoke(record.digest)


def _check_whose(parts: Parts, record: TokenRecord) -> None:
    """Refuse who was removed meanwhile, perhaps before the token was there to be revoked with the others."""
    if parts.applications.find(record.client_id or "") is None:
        parts.store.revoke(record.digest)
        raise Refused("invalid_client")
    if record.subject is not None and parts.users.find(record.subject) is None:
        parts.store.revoke(record.digest)
        raise Refused("invalid_grant")


def _new_refresh_token(
    answer: TokenAnswer, grant: Grant, *, replaces: bytes | None, is_first: bool
) -> RefreshToken | None:
    refresh_token = answer.get("refresh_token")
    if refresh_token is None or not (is_first or replaces):
        return None  # none, or the one that the application has already
    return RefreshToken(digest_of(refresh_token), grant.grant_id, issued_at=answer.record.issued_at)
