"""What browsers are told about pages: no script, no frame, no style or form of anybody else."""

from __future__ import annotations

from flask import Flask, Response, g


def register_headers(app: Flask) -> None:
    """Add the headers to every page."""

    @app.after_request
    def protect(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = _policy(g.get("form_action"))
            response.headers["X-Frame-Options"] = "DENY"
            # With "no-referrer" browsers would hide where our own forms come from (Fetch section 3.1).
            response.headers["Referrer-Policy"] = "same-origin"
        return response


def _policy(form_action: str | None) -> str:
    forms = "'self'" if form_action is None else f"'self' {form_action}"
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )
