"""The authorization endpoint: log in, consent, and off to the application (RFC 6749 section 3.1).

Everything happens on the one URL that the application made, so the request is read anew each time.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue

from bearerguard.devserver.pages.authorization_request import (
    AuthorizationRequest,
    read_authorization_request,
)
from bearerguard.devserver.pages.consent import answer_consent, consent_page
from bearerguard.devserver.pages.desk import Desk, posted
from bearerguard.devserver.pages.granting import grant, is_granted_already
from bearerguard.devserver.pages.login import log_in, log_out, login_page
from bearerguard.devserver.pages.sending import send_to
from bearerguard.devserver.pages.shown import Shown, Stale, Unanswerable
from bearerguard.devserver.pages.targets import ErrorAnswer

PATH = "/oauth2/authorize"


def register_authorize(app: Flask, desk: Desk) -> None:
    """Add the endpoint."""

    @app.route(PATH, methods=["GET", "POST"])
    def authorize() -> ResponseReturnValue:
        _check_encoding()
        try:
            asked = read_authorization_request(desk.parts, request.args)
        except ErrorAnswer as error:
            return _tell(error)
        g.form_action = asked.target.form_action()
        return _answer_form(desk, asked) if request.method == "POST" else _show(desk, asked)


def _check_encoding() -> None:
    """Refuse what is not UTF-8 (RFC 6749 appendix B): it could not be given back as it came. Raises Shown."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise Unanswerable("invalid_request", "The URL has characters that are not UTF-8.") from error


def _show(desk: Desk, asked: AuthorizationRequest) -> ResponseReturnValue:
    user = desk.sessions.user()
    if user is None:
        return login_page(desk, application=asked.application.name)
    if is_granted_already(desk.parts, user, asked):
        # As MusicBrainz has it: a second refresh token takes a second question.
        often = desk.parts.settings.default_access_type == "offline"
        return grant(desk, user, asked, offline=asked.offline and often)
    return consent_page(desk, user, asked)


def _answer_form(desk: Desk, asked: AuthorizationRequest) -> ResponseReturnValue:
    form = posted()
    match form.get("form"):
        case "login":
            return log_in(desk, form, application=asked.application.name)
        case "logout":
            return log_out(desk, form)
        case "consent":
            return answer_consent(desk, asked, form)
        case _:
            raise Stale


def _tell(error: ErrorAnswer) -> ResponseReturnValue:
    """Send an error to the application; where it has no URL, tell the person."""
    if error.target.is_oob:
        raise Shown("The application asked for what it cannot have", error.description, error=error.error)
    location = error.target.location(error=error.error, error_description=error.description)
    return send_to(location)


def register_oob(app: Flask, desk: Desk) -> None:
    """Add the page that shows a code."""

    @app.get("/oauth2/oob")
    def oob() -> ResponseReturnValue:
        code = desk.codes.take(desk.sessions.secret())
        if code is None:
            raise Shown(
                "There is no code here",
                "A code is shown once. Go back to the application and start again from there.",
                status=404,
            )
        return render_template("oob.html", code=code)
