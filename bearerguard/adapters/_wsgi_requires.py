"""Ask for scopes on a bare WSGI application, or on one of several behind a dispatcher."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar, cast

from bearerguard.adapters._views import MARK, attached_authentication, check_view, refusal_of
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

    def decorate(application: F) -> F:
        check_view(application)
        _check_app(application)

        @wraps(application)
        def guarded(*args: Any) -> Iterable[bytes]:
            environ = args[-2]  # positional by PEP 3333; a method has its self before them
            answer = refusal_of(environ, required, environ["REQUEST_METHOD"])
            return application(*args) if answer is None else send_answer(answer, args[-1])

        setattr(guarded, MARK, required)
        return cast(F, guarded)

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
