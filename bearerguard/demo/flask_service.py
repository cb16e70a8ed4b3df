"""The sample service on Flask, guarded."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, jsonify, request

from bearerguard import ResourceServer, WsgiMiddleware
from bearerguard.adapters.flask import authentication, requires
from bearerguard.demo.catalogue import HEALTH, ROUTES, Catalogue, Operation


def flask_service(server: ResourceServer) -> WsgiMiddleware:
    """Build the service behind its guard."""
    catalogue = Catalogue()
    app = Flask("demo")
    app.add_url_rule(HEALTH, "health", health)
    for path, (scope, methods, operation) in ROUTES.items():
        app.add_url_rule(
            path, path.strip("/").replace("/", "-"), _route(catalogue, scope, operation), methods=methods
        )
    return WsgiMiddleware(app.wsgi_app, server, public=(HEALTH,))


def health() -> Response:
    return jsonify(status="up")


def _route(catalogue: Catalogue, scope: str, operation: Operation) -> Callable[[], tuple[Response, int]]:
    @requires(scope)
    def route() -> tuple[Response, int]:
        who = authentication()
        assert who is not None  # noqa: S101 - requires() has seen to it
        reply = operation(catalogue, who, request.form)
        return jsonify(reply.members), reply.status

    return route
