"""Who a token speaks for: a resource behind our own guard, as any other would be (RFC 6750)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from bearerguard.adapters.wsgi import WsgiApp, WsgiMiddleware, authentication, requires
from bearerguard.devserver.parts import Parts
from bearerguard.schemes.bearer import Bearer
from bearerguard.server import ResourceServer
from bearerguard.token import Authentication
from bearerguard.verifiers.stored import StoredTokens

REALM = "userinfo"
NO_USER = {"error": "access_denied", "error_description": "This token is an application's: it has no user."}


def guarded_userinfo(parts: Parts) -> WsgiApp:
    """Build the guarded resource; it asks for the scope `profile` where the server has it."""
    guard = ResourceServer(
        resource=f"{parts.issuer}/oauth2/userinfo",
        realm=REALM,
        verifier=StoredTokens(parts.store),
        schemes=[Bearer(form=True, query=True)],
        now=parts.now,
    )
    needed = [name for name in ("profile",) if name in parts.settings.scopes]

    @requires(*needed)
    def userinfo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        user = authentication(environ)
        facts = None if user is None else facts_of(parts, user)
        body = json.dumps(facts or NO_USER).encode("ascii")
        status = "403 Forbidden" if facts is None else "200 OK"
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return WsgiMiddleware(userinfo, guard)


def facts_of(parts: Parts, user: Authentication) -> dict[str, Any] | None:
    """Say who it is, with the scope `email` the address too; None for a token without a user."""
    if user.access_token.is_application or user.subject is None:
        return None
    facts: dict[str, Any] = {
        "sub": user.subject,
        "profile": f"{parts.issuer}/user/{quote(user.subject, safe='')}",
    }
    kept = parts.users.find(user.subject)
    if "email" in user.scopes and kept is not None and kept.email is not None:
        # Nothing is ever sent there: whoever keeps a development server says whose it is.
        facts |= {"email": kept.email, "email_verified": True}
    return facts
