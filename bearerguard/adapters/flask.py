"""Ask for scopes on Flask's views: functions and MethodView methods, plain and async."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import flask
from flask.sansio.scaffold import Scaffold

from bearerguard.adapters._flask_routes import unprotected_routes
from bearerguard.adapters._views import MARK, attached_authentication, guard_view, refusal_of
from bearerguard.adapters.werkzeug import make_response
from bearerguard.errors import ConfigurationError
from bearerguard.scopes import Requirement, any_of, requirement
from bearerguard.token import Authentication

__all__ = ["authentication", "protect", "requires", "unprotected_routes"]

F = TypeVar("F", bound=Callable[..., Any])


def requires(*scopes: str | any_of) -> Callable[[F], F]:
    """Ask for all of these scopes; `any_of("a", "b")` for one of several, nothing for any good token.

    Stands below the route's decorator, on methods, or in `decorators` of a View. Raises
    ConfigurationError for a scope that could not be one, and on a request that no middleware has seen.
    """
    required = requirement(*scopes)

    def refuse(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> flask.Response | None:
        return _refuse(required)

    return lambda view: guard_view(view, required, refuse)


def protect(scaffold: Scaffold, *scopes: str | any_of) -> None:
    """Ask for these scopes on every route of a blueprint, or of a whole application.

    Flask's own answers to OPTIONS, which run no view, go out without: a browser asks them before it
    may send a token. Raises ConfigurationError for what is neither.
    """
    if not isinstance(scaffold, Scaffold):
        raise ConfigurationError(
            'protect() takes a blueprint or an application first, as in protect(api, "admin"), '
            f"not {type(scaffold).__name__}"
        )
    required = requirement(*scopes)

    def ask_for_scopes() -> flask.Response | None:
        rule = flask.request.url_rule
        if flask.request.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
            return None
        return _refuse(required)

    setattr(ask_for_scopes, MARK, required)
    scaffold.before_request(ask_for_scopes)


def authentication(request: flask.Request | None = None) -> Authentication | None:
    """Give who sends the current request, or this one; None where no token came.

    Raises ConfigurationError on a request that no middleware has seen.
    """
    return attached_authentication((flask.request if request is None else request).environ)


def _refuse(required: Requirement) -> flask.Response | None:
    request = flask.request
    answer = refusal_of(request.environ, required, request.method)
    return None if answer is None else make_response(answer, flask.current_app.response_class)
