"""Say what went wrong: to people with a page, to programs with JSON."""

from __future__ import annotations

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bearerguard.devserver.pages.shown import Shown
from bearerguard.errors import Unavailable

FOR_PROGRAMS = ("/oauth2/", "/.well-known/")
FOR_PEOPLE = ("/oauth2/authorize", "/oauth2/oob")
RETRY_AFTER_SECONDS = 1

# Status: error code, title, and what can be done about it.
SENTENCES = {
    404: ("not_found", "There is nothing here", "Look at the address."),
    405: ("method_not_allowed", "Not in this way", "This address does not take this kind of request."),
    413: ("invalid_request", "This is too much", "Send less."),
    500: ("server_error", "Something broke", "The server's log has the details. Try again."),
    503: ("temporarily_unavailable", "Not at the moment", "The server cannot read its file. Try again soon."),
}
OTHERWISE = ("invalid_request", "This request cannot be read", "Go back and try again.")


def register_failures(app: Flask) -> None:
    """Add the answers to what goes wrong."""

    @app.errorhandler(Shown)
    def show(error: Shown) -> ResponseReturnValue:
        return _page(error.status, error.title, error.description, error.error, error.back)

    @app.errorhandler(Unavailable)
    def say_unavailable(error: Unavailable) -> ResponseReturnValue:
        response = _failure(503)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    @app.errorhandler(HTTPException)
    def say_what(error: HTTPException) -> ResponseReturnValue:
        response = _failure(error.code or 500)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response


def _failure(status: int) -> Response:
    error, title, description = SENTENCES.get(status, OTHERWISE)
    if request.path.startswith(FOR_PROGRAMS) and request.path not in FOR_PEOPLE:
        response = jsonify(error=error, error_description=f"{title}. {description}")
        response.status_code = status
        return response
    return make_response(_page(status, title, description, None))


def _page(
    status: int, title: str, description: str, error: str | None, back: tuple[str, str] | None = None
) -> ResponseReturnValue:
    page = render_template("error.html", title=title, description=description, error=error, back=back)
    return page, status
