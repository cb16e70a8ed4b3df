"""Send a browser to another page; what the URL carries stands nowhere else in the answer."""

from __future__ import annotations

from flask import Response, request


def send_to(location: str) -> Response:
    """Redirect a GET with 302, and a post so that nobody posts the form on (RFC 9700 section 4.12)."""
    status = 302 if request.method in ("GET", "HEAD") else 303
    return Response(status=status, headers={"Location": location})
