"""Say what a bare ASGI application requires, and ask who sent a request, where there is no framework."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from bearerguard.adapters._asgi_reply import send_answer
from bearerguard.adapters._asgi_request import Scope
from bearerguard.adapters._views import MARK, attached_authentication, refusal_of
from bearerguard.adapters._wrapped import find_applications
from bearerguard.errors import ConfigurationError
from bearerguard.scopes import any_of, requirement
from bearerguard.token import Authentication

App = TypeVar("App", bound=Callable[..., Any])

ASGI_ARGUMENTS = 3  # scope, receive, send


def requires(*scopes: str | any_of) -> Callable[[App], App]:
    """Let only tokens with these scopes through to an ASGI application, function or method.

    `requires("tag", "rating")` asks for both, `requires(any_of("tag", "rating"))` for one of them, and
    `requires()` for any good token. It answers by itself, so a framework around it sees no exception.

    Raises ConfigurationError where it is written: for a scope that cannot be one, and for what is no
    ASGI application.
    """
    required = requirement(*scopes)

    def decorate(app: App) -> App:
        _check_app(app)

        # An object's attributes are its own; those of a function may be marks of other decorators.
        @functools.wraps(app, updated=("__dict__",) if inspect.isroutine(app) else ())
        async def guarded(*arguments: Any) -> None:
            scope, _, send = arguments[-ASGI_ARGUMENTS:]
            if scope["type"] != "lifespan":
                answer = refusal_of(scope, required, scope.get("method", "GET"))
                if answer is not None:
                    await send_answer(answer, scope, send)
                    return
            await app(*arguments)

        setattr(guarded, MARK, required)
        return guarded  # type: ignore[return-value]

    return decorate


def authentication(scope: Scope) -> Authentication | None:
    """Give who sent this request, by its ASGI scope; None where no token came.

    Raises ConfigurationError behind no middleware.
    """
    return attached_authentication(scope)


def unprotected_routes(app: object) -> list[str]:
    """Name an application as `"* /*"` unless it says what it requires: it has no routes to look at.

    What a dispatcher of Werkzeug's mounts is named by itself, as `"* /path/*"`.
    """
    return sorted(line for found in find_applications(app) for line in found.list_whole())


def _check_app(app: object) -> None:
    if inspect.isclass(app) or not callable(app):
        raise ConfigurationError("requires() goes on an ASGI application, function or method: not on a class")
    names = [
        parameter.name
        for parameter in inspect.signature(app).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if names[:1] == ["self"]:
        del names[0]
    if len(names) != ASGI_ARGUMENTS:
        raise ConfigurationError(
            "requires() here goes on an ASGI application, async def app(scope, receive, send), "
            f"not on one that takes ({', '.join(names)})"
        )
