"""List the routes of a Flask application that ask for no scopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from flask import Flask
from werkzeug.routing import Rule

from bearerguard.adapters._asgi_requires import unwrap
from bearerguard.adapters._views import is_guarded
from bearerguard.public import PublicPaths


def unprotected_routes(app: object) -> list[str]:
    """List the routes that neither say what they require nor are public, as "GET /path".

    A route says so by `requires(...)` on its view, or by `protect` on its blueprint or application.
    Public is what `public=` of a WsgiMiddleware around it names. Every other route is listed, also
    where the middleware refuses anonymous requests: any good token will do there, and `requires()` is
    the way to say that this is meant.

    Does not: see checks inside a view.
    """
    inner, public = unwrap(app)
    flask = cast(Flask, inner)
    public += unwrap(flask.wsgi_app)[1]
    rules = [rule for rule in flask.url_map.iter_rules() if not _is_public(rule, public)]
    listed = {
        f"{method} {rule.rule}"
        for rule in rules
        if not _is_protected(flask, rule)
        for method in _open_methods(flask, rule)
    }
    return sorted(listed)


def _is_public(rule: Rule, public: list[PublicPaths]) -> bool:
    path = rule.rule.encode("utf-8").decode("latin-1")  # as WSGI spells paths (PEP 3333)
    return any(path in paths for paths in public)


def _is_protected(app: Flask, rule: Rule) -> bool:
    """Tell whether `protect` covers a rule, by its application or one of its nested blueprints."""
    names: list[str | None] = [None]
    blueprint = rule.endpoint.rpartition(".")[0]
    while blueprint:
        names.append(blueprint)
        blueprint = blueprint.rpartition(".")[0]
    return any(is_guarded(function) for name in names for function in app.before_request_funcs.get(name, ()))


def _open_methods(app: Flask, rule: Rule) -> Iterator[str]:
    view = app.view_functions[rule.endpoint]
    view_class = getattr(view, "view_class", None)
    if is_guarded(view) or is_guarded(getattr(view_class, "dispatch_request", None)):
        return
    methods = set(rule.methods or ())
    if getattr(rule, "provide_automatic_options", False):
        methods.discard("OPTIONS")  # runs no view
    for method in methods:
        handler = getattr(view_class, method.lower(), None)
        if method == "HEAD" and handler is None and "GET" in methods:
            continue  # the same as GET's
        if not is_guarded(handler):
            yield method
