"""Say who we are to an authorization server (RFC 6749 section 2.3.1, RFC 7662 section 2.1)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import is_async, takes
from bearerguard.wire.authorization import is_b64token

_UNSENDABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@runtime_checkable
class ClientAuthentication(Protocol):
    """Adds what proves who we are to the fields of a call and to its form."""

    def authenticate(self, fields: dict[str, str], form: dict[str, str]) -> None:
        """Add to either, in place."""


@dataclass(frozen=True, slots=True)
class ClientSecretBasic:
    """client_secret_basic: in the Authorization field, both parts form-encoded first."""

    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _check(self, self.client_id, self.client_secret)

    def authenticate(self, fields: dict[str, str], form: dict[str, str]) -> None:
        # %20 rather than + for a space: a form means the same by both, and some servers know only the first.
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        fields["Authorization"] = f"Basic {b64encode(pair.encode('ascii')).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class ClientSecretPost:
    """client_secret_post: two parameters of the form."""

    client_id: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _check(self, self.client_id, self.client_secret)

    def authenticate(self, fields: dict[str, str], form: dict[str, str]) -> None:
        form["client_id"] = self.client_id
        form["client_secret"] = self.client_secret


@dataclass(frozen=True, slots=True)
class ClientBearerToken:
    """A bearer token of our own, as a text or as a quick function that gives the current one."""

    token: str | Callable[[], str] = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.token, str) and takes(self.token, 0) and not is_async(self.token):
            return
        if not _is_token(self.token):
            raise ConfigurationError("ClientBearerToken needs a token, or a plain function that gives one")

    def authenticate(self, fields: dict[str, str], form: dict[str, str]) -> None:
        fields["Authorization"] = f"Bearer {self._current()}"

    def _current(self) -> str:
        if isinstance(self.token, str):
            return self.token
        try:
            token = self.token()
        except Exception as error:  # whatever it is, we cannot ask
            raise Unavailable("our own token could not be had: see client=") from error
        if not _is_token(token):
            raise Unavailable("what should be our own token is none: see client=")
        return token


def _is_token(token: object) -> bool:
    return isinstance(token, str) and token.isascii() and is_b64token(token.encode("ascii"))


def _check(owner: object, client_id: str, client_secret: str) -> None:
    for value in (client_id, client_secret):
        if not isinstance(value, str) or not value:
            raise ConfigurationError(
                f"{type(owner).__name__} needs a client_id and a client_secret, neither of them empty"
            )
        # Halves of characters come from bytes that are no UTF-8, line breaks from the end of a file.
        if _UNSENDABLE.search(value):
            raise ConfigurationError(
                f"{type(owner).__name__}: client_id and client_secret must be UTF-8 without control "
                "characters, such as a line break at the end"
            )
