"""The development authorization server as a Flask application: https only, nothing kept by caches."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from bearerguard.devserver.oauth import register_oauth
from bearerguard.devserver.pages import register_pages
from bearerguard.devserver.parts import Parts

MAX_BODY_BYTES = 64 * 1024  # forms of a few short fields
MAX_FORM_PARTS = 100
RETRY_AFTER_SECONDS = 1
FAULTY = ("/oauth2/", "/.well-known/")  # where the switches of `Faults` count


def create_app(parts: Parts) -> Flask:
    """Build the application that serves these parts."""
    app = Flask("bearerguard.devserver")
    _redirect_nothing(app)
    app.config.update(
        # New at every start, which logs everybody out: nothing has to be kept safe for it.
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME=_cookie_name(parts.issuer),
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
    )

    _before(app, parts)
    _after(app)
    register_oauth(app, parts)
    register_pages(app, parts)
    return app


def _redirect_nothing(app: Flask) -> None:
    """Let a path that is not quite one of ours be unknown: a redirect would go to whatever Host says."""
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False


def _cookie_name(issuer: str) -> str:
    """Name the cookie with the port: cookies know no ports, and another server may run on another one."""
    port = urlsplit(issuer).port
    return "__Host-devserver" if port is None else f"__Host-devserver-{port}"


def _before(app: Flask, parts: Parts) -> None:
    """Answer what no endpoint should see."""

    @app.before_request
    def refuse_plain_http() -> ResponseReturnValue | None:
        if request.is_secure:
            return None
        # Not redirected: what was sent in clear has been read by then (RFC 6749 section 3.1.2.1).
        return jsonify(error="invalid_request", error_description="Use https."), 400

    @app.before_request
    def go_wrong_on_purpose() -> ResponseReturnValue | None:
        if not request.path.startswith(FAULTY):
            return None
        if parts.faults.delay_seconds > 0:
            time.sleep(parts.faults.delay_seconds)
        if not parts.faults.unavailable:
            return None
        answer = jsonify(error="temporarily_unavailable", error_description="Switched off on purpose.")
        return answer, 503, {"Retry-After": str(RETRY_AFTER_SECONDS)}


def _after(app: Flask) -> None:
    """Give every answer the fields that all have."""

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"  # RFC 6749 section 5.1
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response
