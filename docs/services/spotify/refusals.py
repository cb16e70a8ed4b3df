"""Say a refusal of the guard's as this API says its errors; status and challenge stay the guard's."""

from __future__ import annotations

from typing import Any

from bearerguard import InsufficientScope, InvalidToken, MissingCredentials, Refusal, Unavailable
from spotify.calls import error_object


def render_refusal(refusal: Refusal | Unavailable) -> dict[str, Any]:
    """Shape the body; what is said to a stranger is fixed text."""
    return error_object(refusal.status, _message(refusal))


def _message(refusal: Refusal | Unavailable) -> str:
    match refusal:
        case MissingCredentials():
            return "No access token was sent."
        case InvalidToken():  # one text for all: why a token is bad is for the log
            return "The access token is not valid, or no longer."
        case InsufficientScope():
            return f"The access token does not have the scope for this: {' or '.join(refusal.scopes)}."
    return refusal.description
