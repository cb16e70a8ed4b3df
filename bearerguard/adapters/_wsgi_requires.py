"""Ask for scopes on a bare WSGI application, or on one of several behind a dispatcher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from bearerguard.adapters._views import attached_authentication, guard_view, refusal_of
from bearerguard.adapters._wsgi_reply import send_answer
from bearerguard.adapters._wsgi_request import Environ
from bearerguard.errors import ConfigurationError
from bearerguard.scopes import any_of, requirement
from bearerguard.token import Authentication

F = TypeVar("F", bound=Callable[..., Iterable[bytes]])


def requires(*scopes: str | any_of) -> Callable[[F], F]:
    """Ask for all of these scopes; `any_of("a", "b")` for one of several, nothing for any good token.

    For `application(environ, start_response)`, a function or a method. Raises ConfigurationError for
    a scope that could not be one, for what is no such application, and on a request that no
    middleware has seen.
    """
    required = requirement(*scopes)

    def refuse(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterable[bytes] | None:
        environ, start_response = args[-2:]  # positional by PEP 3333; a method has its self before them
        answer = refusal_of(environ, required, environ["REQUEST_METHOD"])
        return None if answer is None else send_answer(answer, start_response)

    def decorate(application: F) -> F:
        guarded = guard_view(application, required, refuse)
        _check_app(application)
        return guarded

    return decorate


def authentication(environ: Environ) -> Authentication | None:
    """Give who sends this request; None where no token came.

    Raises ConfigurationError on a request that no middleware has seen.
    """
    return attached_authentication(environ)


def _check_app(application: Callable[..., Any]) -> None:
    signature = inspect.signature(application)
    self = ["self"] if next(iter(signature.parameters), None) == "self" else []
    try:
        signature.bind(*self, "environ", "start_response")
    except TypeError as error:
        names = ", ".join(name for name in signature.parameters if name != "self")
        raise ConfigurationError(
            "requires() here goes on a WSGI application, def app(environ, start_response), "
            f"not on one that takes ({names})"
        ) from error
