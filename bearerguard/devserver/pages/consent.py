"""Ask a person whether an application may do what it asks for; one answer counts (RFC 6749 section 10.12)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from bearerguard.devserver.pages.authorization_request import AuthorizationRequest
from bearerguard.devserver.pages.desk import Desk, Form, subject
from bearerguard.devserver.pages.granting import grant
from bearerguard.devserver.pages.sending import send_to
from bearerguard.devserver.pages.shown import AnsweredAlready, Shown, Stale
from bearerguard.devserver.pages.tickets import Use
from bearerguard.devserver.records import User

ALLOW = "allow"
DENY = "deny"
NOT_TWICE = (
    "Your first answer counts, and the application has got it. Go back to the application; "
    "if it still waits, start again from there."
)


def consent_page(desk: Desk, user: User, asked: AuthorizationRequest) -> ResponseReturnValue:
    """Show who asks, for what, and where the answer goes."""
    descriptions = [desk.parts.settings.scopes[scope] for scope in asked.scopes]
    secret = desk.sessions.secret()
    return render_template(
        "consent.html",
        user=user,
        asked=asked,
        descriptions=descriptions,
        csrf=secret,
        ticket=desk.tickets.give(secret, subject()),
    )


def answer_consent(desk: Desk, asked: AuthorizationRequest, form: Form) -> ResponseReturnValue:
    """Take the answer to the question that this person was asked in this session. Raises Shown."""
    user = desk.sessions.user()
    if user is None:
        raise Stale
    decision = form.get("decision")
    if decision not in (ALLOW, DENY):
        raise Shown("Neither yes nor no", "Go back and choose Allow or Deny.", error="invalid_request")
    # Used up before anything is granted: of two posts at once one goes on.
    use = desk.tickets.use(form.get("ticket", ""), desk.sessions.secret(), subject())
    if use is Use.USED_BEFORE:
        raise AnsweredAlready(NOT_TWICE)
    if use is not Use.GOOD:
        raise Stale
    if decision == DENY:
        return _deny(asked)
    return grant(desk, user, asked, offline=asked.offline)


def _deny(asked: AuthorizationRequest) -> ResponseReturnValue:
    if asked.target.is_oob:
        raise Shown(
            "Nothing was granted",
            "You have said no. You can close this page and tell the application, if it still waits.",
            status=200,
            error="access_denied",
        )
    location = asked.target.location(error="access_denied", error_description="The user has said no.")
    return send_to(location)
