"""What goes wrong besides tokens, written as the guard writes its refusals (RFC 6749 section 5.2)."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """Ends a request with this status and body. The texts are fixed: nothing of a request goes into them."""

    def __init__(self, status: int, error: str, description: str, **more: Any) -> None:
        super().__init__(description)
        self.status = status
        self.content = {"error": error, "error_description": description, **more}


_OF_STATUS = {
    404: ("not_found", "There is nothing at this path."),
    405: ("method_not_allowed", "This path does not know the method; see Allow."),
    413: ("too_large", "The body is too large."),
    500: ("server_error", "This is our mistake."),
}


def problem_of_status(status: int) -> Problem:
    """Say what a framework refuses by itself, and what nobody foresaw."""
    return Problem(
        status, *_OF_STATUS.get(status, ("invalid_request", "This is not a request that we understand."))
    )


def allowed(methods: set[str]) -> str:
    """Write an Allow field; who answers GET answers HEAD (RFC 9110 section 9.3.2)."""
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
