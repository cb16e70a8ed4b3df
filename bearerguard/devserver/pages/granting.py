"""Give an application what a person has allowed it: a code or, by choice of the server, a token."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from authlib.oauth2 import OAuth2Error
from flask import current_app
from flask.typing import ResponseReturnValue

from bearerguard.devserver.oauth.asked import hand_over
from bearerguard.devserver.oauth.errors import describe
from bearerguard.devserver.oauth.server import server_of
from bearerguard.devserver.pages.authorization_request import AuthorizationRequest
from bearerguard.devserver.pages.desk import Desk
from bearerguard.devserver.pages.oob import CodeToCopy
from bearerguard.devserver.pages.sending import send_to
from bearerguard.devserver.pages.shown import Unanswerable
from bearerguard.devserver.parts import Parts
from bearerguard.devserver.records import User


def is_granted_already(parts: Parts, user: User, asked: AuthorizationRequest) -> bool:
    """Tell whether the person need not be asked: he has allowed this application as much before."""
    if asked.must_ask:
        return False
    return any(
        grant.scopes.issuperset(asked.scopes) and (grant.offline or not asked.offline)
        for grant in parts.grants.of(user.name, asked.application.client_id)
    )


def grant(desk: Desk, user: User, asked: AuthorizationRequest, *, offline: bool) -> ResponseReturnValue:
    """Send the person back with what the application asked for (RFC 6749 sections 4.1.2 and 4.2.2)."""
    hand_over(asked.parameters, offline=offline)
    location = _answer(user)
    if asked.target.in_fragment:
        return send_to(location)
    (code,) = parse_qs(urlsplit(location).query)["code"]
    if not asked.target.is_oob:
        # Not as Authlib writes it, which changes how the redirect URI's own query is encoded.
        return send_to(asked.target.location(code=code))
    desk.codes.put(desk.sessions.secret(), CodeToCopy(code, asked.application.name))
    return send_to("/oauth2/oob")


def _answer(user: User) -> str:
    server = server_of(current_app)
    try:
        grant = server.get_consent_grant()
    except OAuth2Error as error:  # removed or changed since the request was read
        raise Unanswerable(error.error, describe(error)) from error
    response = server.create_authorization_response(grant_user=user, grant=grant)
    return str(response.headers["Location"])
