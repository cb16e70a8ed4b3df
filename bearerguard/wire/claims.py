"""Read the claims of a token out of a JSON object (RFC 7519 section 4.1, RFC 7662 section 2.2).

    StringOrURI = a JSON string
    NumericDate = a JSON number, seconds since 1970-01-01T00:00:00Z, UTC
    aud         = StringOrURI / [ *StringOrURI ]

A missing claim is None. One of the wrong type raises ValueError, which names the claim and never its
value; what that means is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bearerguard.checks import is_number
from bearerguard.wire.scope import is_scope_token, parse_scopes

Claims = Mapping[str, Any]


def find_text(claims: Claims, name: str) -> str | None:
    """Find a claim that must be a string, and not an empty one."""
    if name not in claims:
        return None
    value = claims[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is not a text")
    return value


def find_instant(claims: Claims, name: str) -> float | None:
    """Find a NumericDate; true is no number."""
    if name not in claims:
        return None
    value: float = claims[name]
    if not is_number(value):
        raise ValueError(f"{name} is not a number of seconds")
    return value


def find_audience(claims: Claims) -> tuple[str, ...] | None:
    """Find whom the token is for; an empty list is nobody, which differs from not saying."""
    if "aud" not in claims:
        return None
    value = claims["aud"]
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(member, str) for member in value):
        raise ValueError("aud is neither a text nor a list of texts")
    return tuple(value)


def find_object(claims: Claims, name: str) -> Mapping[str, Any] | None:
    """Find a claim that must be an object."""
    if name not in claims:
        return None
    value = claims[name]
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not an object")
    return value


def read_scopes(value: object, *, lists: bool) -> frozenset[str]:
    """Read scopes from a space-separated string or, where `lists`, from a list of names as well.

    Raises ValueError for everything else.
    """
    if isinstance(value, str):
        return frozenset(parse_scopes(value))
    if (
        lists
        and isinstance(value, list)
        and all(isinstance(one, str) and is_scope_token(one) for one in value)
    ):
        return frozenset(value)
    raise ValueError("not a list of scopes")
