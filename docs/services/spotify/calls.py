"""What an operation gets and what it gives: nothing here knows a framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bearerguard import Authentication

MAX_BODY_BYTES = 64 * 1024  # the longest body is a hundred URIs of 36 characters
MAX_PARAMETERS = 20  # no operation knows more than four
USER_NEEDED = "This belongs to a user: a token of the application alone cannot reach it."


def error_object(status: int, message: str) -> dict[str, Any]:
    """Give the one shape that all errors of this API have."""
    return {"error": {"status": status, "message": message}}


class Problem(Exception):
    """An answer that is an error. Nothing of the request is in its message."""

    def __init__(self, status: int, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """A response; without content its body is empty."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        if self.content is None:
            return b""
        return json.dumps(self.content, separators=(",", ":")).encode("ascii")

    @property
    def fields(self) -> dict[str, str]:
        """The header fields: what belongs to one person stays out of shared caches."""
        described = {} if self.content is None else {"content-type": "application/json"}
        return {"cache-control": "private, max-age=0", **described, **self.headers}


def reply_to(problem: Problem) -> Reply:
    """Put a problem into the shape of this API."""
    after = problem.retry_after_seconds
    headers = {} if after is None else {"retry-after": str(after)}
    return Reply(problem.status, error_object(problem.status, problem.message), headers)


def person_of(who: Authentication) -> str | None:
    """Give the user that a token speaks for; None for an application that speaks for itself."""
    return None if who.access_token.is_application else who.subject


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the guard has let in: who sends it, the names in its path, its query and its body."""

    who: Authentication
    path: Mapping[str, str]
    query: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def person(self) -> str | None:
        """The user; None for an application that speaks for itself."""
        return person_of(self.who)

    @property
    def user_id(self) -> str:
        """The user. Raises Problem for an application that speaks for itself, whatever its scopes."""
        if self.person is None:
            raise Problem(403, USER_NEEDED)
        return self.person

    def parameter(self, name: str, default: str = "") -> str:
        """Give a parameter of the query; an empty one counts as absent. Raises Problem on a repeated one."""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError:
            raise Problem(400, "There are too many parameters.") from None
        values = [value for found, value in pairs if found == name]
        if len(values) > 1:
            raise Problem(400, f"The parameter {name} was sent more than once.")
        return "".join(values) or default

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """Give a parameter that is a number. Raises Problem on anything else, and outside of its range."""
        text = self.parameter(name, str(default))
        # Length first: Python refuses to read numbers of thousands of digits.
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(highest))):
            raise Problem(400, f"The parameter {name} must be a number from {lowest} to {highest}.")
        if not lowest <= int(text) <= highest:
            raise Problem(400, f"The parameter {name} must be a number from {lowest} to {highest}.")
        return int(text)

    def json(self) -> Any:
        """Read the body. Raises Problem when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # the second: thousands of brackets
            raise Problem(400, "The body is not JSON.") from None

    def members(self) -> dict[str, Any]:
        """Read a body that is an object. Raises Problem when it is none."""
        found = self.json()
        if not isinstance(found, dict):
            raise Problem(400, "The body must be a JSON object.")
        return found
