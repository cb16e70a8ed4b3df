"""The service as a WSGI application, on Flask."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bearerguard import InsufficientScope, WsgiMiddleware
from bearerguard.adapters.flask import authentication, requires
from bearerguard.stores import TokenStore
from spotify.calls import MAX_BODY_BYTES, Call, Reply
from spotify.guard import build_guard
from spotify.limits import REQUESTS_PER_WINDOW
from spotify.routes import ROUTES, Route
from spotify.service import Service, allow, check_user, error_reply


def build_wsgi(
    store: TokenStore, *, resource: str, requests_per_window: int = REQUESTS_PER_WINDOW
) -> WsgiMiddleware:
    """Build the service behind its guard; `resource` is its own address, such as https://localhost:8443."""
    service = Service(
        build_guard(store, resource=resource), resource=resource, requests_per_window=requests_per_window
    )
    return WsgiMiddleware(build_application(service).wsgi_app, service.guard)


def build_application(service: Service) -> Flask:
    """Build what stands behind the guard."""
    application = Flask("spotify", static_folder=None)
    application.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    application.url_map.merge_slashes = False  # a redirect would take the token along
    for route in ROUTES:
        application.add_url_rule(
            route.path.replace("{", "<").replace("}", ">"),
            f"{route.method} {route.path}",
            _view(service, route),
            methods=[route.method],
            provide_automatic_options=False,
        )

    @application.errorhandler(InsufficientScope)
    def lacking(refusal: InsufficientScope) -> Response:
        answer = service.guard.respond(refusal, request.method)
        return _with_fields(answer.body, answer.status, dict(answer.headers))

    application.register_error_handler(HTTPException, _failed)
    return application


def _view(service: Service, route: Route) -> Callable[..., Response]:
    @requires(*route.scopes)
    def with_scopes(path: dict[str, Any]) -> Response:
        who = authentication()
        assert who is not None  # noqa: S101 - requires() has seen to it
        query = request.query_string.decode("latin-1")
        return _response(service.answer(route, Call(who, path, query, request.get_data())))

    @wraps(with_scopes)  # so that it too says what it requires: see unprotected_routes()
    def view(**path: Any) -> Response:
        refused = check_user(route, authentication())
        return with_scopes(path) if refused is None else _response(refused)

    return view


def _response(reply: Reply) -> Response:
    return _with_fields(reply.body, reply.status, reply.fields)


def _with_fields(body: bytes, status: int, fields: dict[str, str]) -> Response:
    response = Response(body, status, fields)
    if "content-type" not in fields:
        del response.headers["Content-Type"]  # Flask would name one where there is no content
    return response


def _failed(error: HTTPException) -> Response:
    """Answer what Flask refuses by itself, and what nobody foresaw."""
    methods = set(error.valid_methods or ()) if isinstance(error, MethodNotAllowed) else set()
    return _response(error_reply(error.code or 500, allow(methods)))
