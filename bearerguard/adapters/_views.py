"""Wrap a view, so that its request is judged first: what the frameworks' decorators share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import isawaitable
from typing import Any, TypeVar, cast

from bearerguard.adapters import AUTHENTICATION, NOT_GUARDED, STANDING, Standing, authorize
from bearerguard.errors import ConfigurationError, Refusal
from bearerguard.flow import is_async
from bearerguard.responses import Answer
from bearerguard.scopes import Requirement
from bearerguard.token import Authentication

MARK = "__bearerguard__"
"""The attribute of a guarded view that holds its Requirement, for lists of unprotected routes."""

NO_REQUEST = "requires() found no request among the view's first two arguments, nor as request="

F = TypeVar("F", bound=Callable[..., Any])
Refuse = Callable[[tuple[Any, ...], Mapping[str, Any]], object]
"""Gets the view's arguments; None lets them through, anything else is the answer, or for an async view
may give it when awaited."""


def guard_view(
    view: F, required: Requirement, refuse: Refuse, *, is_coroutine: Callable[[F], bool] = is_async
) -> F:
    """Wrap a plain or async view, and mark it. Raises ConfigurationError for what is no function."""
    check_view(view)
    guarded: Callable[..., Any]
    if is_coroutine(view):

        @wraps(view)
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            refused = refuse(args, kwargs)
            if refused is None:
                return await view(*args, **kwargs)
            return await refused if isawaitable(refused) else refused

    else:

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            refused = refuse(args, kwargs)
            return view(*args, **kwargs) if refused is None else refused

    setattr(guarded, MARK, required)
    return cast(F, guarded)


def check_view(view: object) -> None:
    """Raise ConfigurationError for what is no function or method."""
    if isinstance(view, type) or not callable(view):
        raise ConfigurationError("requires() goes on views and their methods, not on a class or a value")


def is_guarded(view: object) -> bool:
    """Tell whether a view, or a handler, says what it requires."""
    return isinstance(getattr(view, MARK, None), Requirement)


def refusal_of(attached: Mapping[str, object], required: Requirement, method: str) -> Answer | None:
    """Judge a request by what a middleware attached; None lets it through.

    Raises ConfigurationError behind no middleware.
    """
    try:
        authorize(attached, required)
    except Refusal as refusal:
        return cast(Standing, attached[STANDING]).server.respond(refusal, method)
    return None


def attached_authentication(attached: Mapping[str, object]) -> Authentication | None:
    """Give what a middleware attached; None where no token came.

    Raises ConfigurationError behind no middleware.
    """
    if not isinstance(attached.get(STANDING), Standing):
        raise ConfigurationError(NOT_GUARDED)
    return cast("Authentication | None", attached.get(AUTHENTICATION))
