"""What applications and resource servers call: tokens, revocation, introspection, metadata."""

from __future__ import annotations

from flask import Flask

from bearerguard.devserver.oauth.endpoints import endpoints
from bearerguard.devserver.oauth.server import EXTENSION, build_server
from bearerguard.devserver.parts import Parts


def register_oauth(app: Flask, parts: Parts) -> None:
    """Add the endpoints for programs; `server_of(app)` gives their server to the pages."""
    server = app.extensions[EXTENSION] = build_server(parts)
    app.register_blueprint(endpoints(server))
