"""The service as a WSGI application, on Flask."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, request
from flask.views import MethodView
from werkzeug.exceptions import HTTPException

from accounts.bodies import MAX_BODY_BYTES, dump, parse
from accounts.book import Book
from accounts.guard import build_guard
from accounts.holders import holder_of
from accounts.problems import Problem, allowed, problem_of_status
from bearerguard import WsgiMiddleware
from bearerguard.adapters.flask import authentication, requires
from bearerguard.stores import TokenStore


class Account(MethodView):
    @requires("account:read")
    def get(self) -> Response:
        return answer(200, book().read(holder_of(authentication())))

    @requires("account:write")
    def post(self) -> Response:
        holder = holder_of(authentication())
        return answer(201, book().open(holder, content()))

    @requires("account:write")
    def patch(self) -> Response:
        holder = holder_of(authentication())
        return answer(200, book().change(holder, content()))

    @requires("account:write")
    def delete(self) -> Response:
        book().close(holder_of(authentication()))
        return answer(204)


class WebhookSecret(MethodView):
    @requires("account:write")
    def post(self) -> Response:
        return answer(201, book().rotate_webhook_secret(holder_of(authentication())))


def build_wsgi(store: TokenStore, *, resource: str) -> WsgiMiddleware:
    """Build the service behind its guard; `resource` is its own address, such as https://localhost:8443."""
    return WsgiMiddleware(build_application().wsgi_app, build_guard(store, resource=resource))


def build_application() -> Flask:
    """Build what stands behind the guard."""
    application = Flask("accounts", static_folder=None)
    application.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    application.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    application.url_map.merge_slashes = False  # a redirect would take the token along
    application.add_url_rule("/v1/account", view_func=Account.as_view("account"))
    application.add_url_rule("/v1/account/webhook-secret", view_func=WebhookSecret.as_view("webhook_secret"))
    application.register_error_handler(Problem, problem)
    application.register_error_handler(HTTPException, failure)
    application.extensions["accounts"] = Book()
    return application


def book() -> Book:
    found: Book = current_app.extensions["accounts"]
    return found


def content() -> dict[str, Any]:
    return parse(request.headers.get("Content-Type", ""), request.get_data())


def answer(status: int, content: dict[str, Any] | None = None, **fields: str) -> Response:
    response = Response(
        b"" if content is None else dump(content), status, {"Cache-Control": "no-store", **fields}
    )
    if content is None:
        del response.headers["Content-Type"]  # Flask would name one where there is no content
    else:
        response.headers["Content-Type"] = "application/json"
    return response


def problem(error: Problem) -> Response:
    return answer(error.status, error.content)


def failure(error: HTTPException) -> Response:
    """Answer what Flask refuses by itself, and what nobody foresaw."""
    status = error.code or 500
    methods = getattr(error, "valid_methods", None)
    fields = {"Allow": allowed(set(methods))} if methods else {}
    return answer(status, problem_of_status(status).content, **fields)
