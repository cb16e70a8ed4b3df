"""How a development authorization server behaves: its scopes, its lifetimes, and what it allows besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from bearerguard.checks import is_number
from bearerguard.errors import ConfigurationError
from bearerguard.wire.scope import is_scope_token

MUSICBRAINZ_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "profile": "See your public profile",
        "email": "See your e-mail address",
        "tag": "See and change your private tags",
        "rating": "See and change your private ratings",
        "collection": "See and change your private collections",
        "submit_isrc": "Submit ISRCs in your name",
        "submit_barcode": "Submit barcodes in your name",
    }
)
CODE_SECONDS = 600.0  # the most that RFC 6749 section 4.1.2 recommends: a person may have to copy it
ACCESS_TOKEN_SECONDS = 3_600.0
MAX_CODE_SECONDS = 600.0

AccessType = Literal["online", "offline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The behaviour of a server.

    `scopes` maps each scope to what the consent page says of it. With `rotate_refresh_tokens` each use of
    a refresh token gives a new one, and the use of an old one ends the grant (RFC 9700 section 4.14.2).
    `allow_implicit` answers `response_type=token`, which puts tokens into URLs (RFC 9700 section 2.1.2).
    `pkce_optional` lets public applications do without a code challenge (RFC 9700 section 2.1.1 forbids it).
    `default_access_type` is that of a request which names none: "online", as MusicBrainz has it, gives no
    refresh token, "offline", as most servers have it, gives one with each authorization.

    Raises ConfigurationError.
    """

    scopes: Mapping[str, str] = field(default_factory=lambda: MUSICBRAINZ_SCOPES)
    code_seconds: float = CODE_SECONDS
    access_token_seconds: float = ACCESS_TOKEN_SECONDS
    rotate_refresh_tokens: bool = False
    allow_implicit: bool = False
    pkce_optional: bool = False
    default_access_type: AccessType = "online"

    def __post_init__(self) -> None:
        if not isinstance(self.scopes, Mapping) or not self.scopes:
            raise ConfigurationError('scopes= maps each scope to its description: {"tag": "See your tags"}')
        for name, description in self.scopes.items():
            if not isinstance(name, str) or not is_scope_token(name):
                raise ConfigurationError(f"{name!r} cannot be a scope: no spaces, quotes or backslashes")
            if not isinstance(description, str) or not description.strip():
                raise ConfigurationError(f"the scope {name!r} needs a description for the consent page")
        if not is_number(self.code_seconds) or not 0 < self.code_seconds <= MAX_CODE_SECONDS:
            raise ConfigurationError("code_seconds must be above 0, and 600 at most (RFC 6749 section 4.1.2)")
        if not is_number(self.access_token_seconds) or self.access_token_seconds < 1:
            raise ConfigurationError("access_token_seconds must be a number of seconds, 1 or more")
        for name in ("rotate_refresh_tokens", "allow_implicit", "pkce_optional"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"{name} must be True or False")
        if self.default_access_type not in get_args(AccessType):
            raise ConfigurationError('default_access_type must be "online" or "offline"')
        object.__setattr__(self, "scopes", MappingProxyType(dict(self.scopes)))
