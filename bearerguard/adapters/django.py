"""Guard a Django project, and ask for scopes on its views: plain and async, functions and classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest

from bearerguard.adapters import STANDING

# The check is registered by being imported: list this module in INSTALLED_APPS.
from bearerguard.adapters import _django_checks as _django_checks
from bearerguard.adapters._django_middleware import BearerGuardMiddleware
from bearerguard.adapters._django_reply import RefusalResponse
from bearerguard.adapters._django_routes import unprotected_routes
from bearerguard.adapters._views import NO_REQUEST, attached_authentication, guard_view, refusal_of
from bearerguard.errors import ConfigurationError
from bearerguard.scopes import any_of, requirement
from bearerguard.token import Authentication

__all__ = ["BearerGuardMiddleware", "authentication", "requires", "unprotected_routes"]

F = TypeVar("F", bound=Callable[..., Any])


def requires(*scopes: str | any_of) -> Callable[[F], F]:
    """Ask for all of these scopes; `any_of("a", "b")` for one of several, nothing for any good token.

    For function views, the handlers of class-based ones, and whole classes by
    `@method_decorator(requires("tag"), name="dispatch")`. Inside the view `request.user` is the
    token's user, whoever may be logged in by a session.

    Raises ConfigurationError for a scope that could not be one, and on a request that no middleware
    has seen.
    """
    required = requirement(*scopes)

    def decorate(view: F) -> F:
        def refuse(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
            request = _request_among(args, kwargs)
            answer = refusal_of(_attached(request), required, request.method or "")
            if answer is None:
                _set_user(request)
                return None
            response = RefusalResponse(answer)
            return _later(response) if _is_awaited(view, args) else response

        return guard_view(view, required, refuse, is_coroutine=iscoroutinefunction)

    return decorate


def authentication(request: HttpRequest) -> Authentication | None:
    """Give who sends this request; None where no token came.

    Raises ConfigurationError on a request that no middleware has seen.
    """
    return attached_authentication(_attached(request))


def _attached(request: HttpRequest) -> Mapping[str, object]:
    """Where the guard left its findings: AsgiMiddleware in the scope, all others in META."""
    scope: Mapping[str, object] = getattr(request, "scope", None) or {}
    return scope if STANDING in scope else request.META


def _set_user(request: Any) -> None:
    """Put the token's user where Django's code looks.

    Not before the scopes were asked for: `login_required` would let every token in. And not only
    where nobody is logged in: a stranger's token could make a visitor's session act.
    """
    user = getattr(authentication(request), "user", None)

    async def get_user() -> object:
        return user

    request.user = user
    request.auser = get_user


def _request_among(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> HttpRequest:
    for argument in (*args[:2], kwargs.get("request")):
        if hasattr(argument, "META"):  # Django's own, or one that wraps it, as REST framework's does
            return argument  # type: ignore[no-any-return]
    raise ConfigurationError(NO_REQUEST)


def _is_awaited(view: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether a plain function answers for an async class-based view, as its `dispatch` does."""
    if iscoroutinefunction(view):
        return False
    owner = getattr(getattr(view, "func", view), "__self__", args[0] if args else None)
    return bool(getattr(owner, "view_is_async", False))


async def _later(response: RefusalResponse) -> RefusalResponse:
    return response
