"""List the routes of a Flask application that ask for no scopes."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

from bearerguard.adapters._views import is_guarded
from bearerguard.adapters._wrapped import Found, find_applications, is_flasks_own
from bearerguard.errors import ConfigurationError


def unprotected_routes(app: object) -> list[str]:
    """List the routes that neither say what they require nor are public, as "GET /path".

    A route says so by `requires(...)` on its view, or by `protect` on its blueprint or application.
    Public is what `public=` of a WsgiMiddleware around it names. Every other route is listed, also
    where the middleware refuses anonymous requests: any good token will do there, and `requires()` is
    the way to say that this is meant. What a DispatcherMiddleware mounts is looked into, with its
    prefix; an application of another kind there is one line, "* /path/*".

    Raises ConfigurationError where there is no Flask application. Does not: see checks inside a view,
    or into a middleware that keeps its application under another name than `app`.
    """
    applications = find_applications(app)
    if not any(map(_flask_in, applications)):
        raise ConfigurationError(
            "unprotected_routes() here takes a Flask application, guarded or not: "
            f"this is {type(app).__name__}"
        )
    return sorted({line for found in applications for line in _list(found)})


def _list(found: Found) -> Iterator[str]:
    if is_guarded(found.app):
        return
    app = _flask_in(found)
    if app is None:
        yield from found.list_whole()
        return
    for rule in app.url_map.iter_rules():
        if not found.is_public(_as_sent(rule)) and not _is_protected(app, rule):
            yield from (f"{method} {found.prefix}{rule.rule}" for method in _open_methods(app, rule))


def _flask_in(found: Found) -> Flask | None:
    """Give the application that answers here; None for one that is not Flask's."""
    app = found.app.__self__ if is_flasks_own(found.app) else found.owner  # type: ignore[attr-defined]
    return app if isinstance(app, Flask) else None


def _as_sent(rule: Rule) -> str:
    return rule.rule.encode("utf-8").decode("latin-1")  # as WSGI spells paths (PEP 3333)


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
