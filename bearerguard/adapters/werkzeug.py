"""Ask for scopes on views that take a Werkzeug request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from bearerguard.adapters._views import NO_REQUEST, attached_authentication, guard_view, refusal_of
from bearerguard.errors import ConfigurationError
from bearerguard.responses import Answer
from bearerguard.scopes import any_of, requirement
from bearerguard.token import Authentication

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=Response)


def requires(*scopes: str | any_of) -> Callable[[F], F]:
    """Ask for all of these scopes; `any_of("a", "b")` for one of several, nothing for any good token.

    For a view whose first argument is the request, or the second one of a method. Raises
    ConfigurationError for a scope that could not be one, and on a request that no middleware has seen.
    """
    required = requirement(*scopes)

    def refuse(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Response | None:
        request = _request_among(args, kwargs)
        answer = refusal_of(request.environ, required, request.method)
        return None if answer is None else make_response(answer, Response)

    return lambda view: guard_view(view, required, refuse)


def authentication(request: Request) -> Authentication | None:
    """Give who sends this request; None where no token came.

    Raises ConfigurationError on a request that no middleware has seen.
    """
    return attached_authentication(request.environ)


def make_response(answer: Answer, response_class: type[R]) -> R:
    """Put an answer of ours into a response of the framework's, byte for byte."""
    phrase = HTTPStatus(answer.status).phrase
    response = response_class(answer.body, f"{answer.status} {phrase}")
    # In place of the framework's own: it would add a Content-Type to an answer without content.
    response.headers = Headers(answer.headers)
    return response


def _request_among(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Request:
    for argument in (*args[:2], kwargs.get("request")):
        if isinstance(argument, Request):
            return argument
    raise ConfigurationError(NO_REQUEST)
