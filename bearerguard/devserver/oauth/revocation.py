"""Token revocation (RFC 7009) with the rule of MusicBrainz: what is online goes as a whole."""

from __future__ import annotations

from bearerguard.devserver.oauth.asked import AskedRequest
from bearerguard.devserver.oauth.authenticating import METHODS
from bearerguard.devserver.oauth.errors import missing
from bearerguard.devserver.oauth.server import DevelopmentServer
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import Grant
from bearerguard.devserver.secrets import digest_of


def revoke(server: DevelopmentServer, request: AskedRequest) -> None:
    """Revoke what the application names; nothing is said of a token that is another's, or none.

    A refresh token ends its grant; an access token ends itself, of an online grant all of it. With a grant
    end those that were made of it without a question, so that the user is asked again. Whatever kind the
    hint says, both are looked at (section 2.1). Raises Refused, Unavailable.
    """
    client_id = server.authenticate_client(request, METHODS, "revocation").client_id
    if "token" not in request.form:
        raise missing("token")
    digest = digest_of(request.form["token"])
    if not _revoke_refresh_token(server.parts, digest, client_id):
        _revoke_access_token(server.parts, digest, client_id)


def _revoke_refresh_token(parts: Parts, digest: bytes, client_id: str) -> bool:
    """Tell whether it is one, whoever's."""
    found = parts.grants.find_refresh_token(digest)
    if found is None:
        return False
    grant = parts.grants.find(found.grant_id)
    if grant is not None and grant.client_id == client_id:
        _end(parts, grant)
    return True


def _revoke_access_token(parts: Parts, digest: bytes, client_id: str) -> None:
    record = parts.store.find(digest)
    if record is None or record.client_id != client_id:
        return
    grant = parts.grants.of_access_token(digest)
    if grant is None or grant.offline:
        parts.store.revoke(digest)
    else:
        _end(parts, grant)


def _end(parts: Parts, ended: Grant) -> None:
    for grant in (ended, *parts.grants.of(ended.user, ended.client_id)):
        if grant.grant_id == ended.grant_id or not grant.offline:
            parts.grants.revoke(grant.grant_id, at=parts.now())
