"""Token introspection (RFC 7662): what a resource server may know of an access token."""

from __future__ import annotations

from typing import Any

from bearerguard.devserver.oauth.asked import AskedRequest
from bearerguard.devserver.oauth.authenticating import SECRET_METHODS
from bearerguard.devserver.oauth.errors import missing
from bearerguard.devserver.oauth.live import find_live
from bearerguard.devserver.oauth.server import DevelopmentServer

INACTIVE = {"active": False}


def introspect(server: DevelopmentServer, request: AskedRequest) -> dict[str, Any]:
    """Say what a token is; of one that is not good just that (section 2.2).

    A refresh token is not good here, whatever the hint says: a guard must never take one. Raises Refused,
    Unavailable.
    """
    server.authenticate_client(request, SECRET_METHODS, "introspection")
    if "token" not in request.form:
        raise missing("token")
    record = find_live(server.parts, request.form["token"])
    if record is None:
        return INACTIVE
    facts = {
        "active": True,
        "iss": server.parts.issuer,
        "token_type": "Bearer",
        "scope": " ".join(sorted(record.scopes)),
        "client_id": record.client_id,
        "sub": record.subject,
        "username": record.subject,
        "iat": int(record.issued_at),
        "exp": None if record.expires_at is None else int(record.expires_at),
    }
    return {name: value for name, value in facts.items() if value is not None}
