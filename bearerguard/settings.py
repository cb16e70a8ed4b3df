"""Check what a resource server is built from, so that a mistake is found at start and named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict
from urllib.parse import urlsplit

from bearerguard.checks import is_number
from bearerguard.decisions import OnDecision
from bearerguard.errors import ConfigurationError
from bearerguard.flow import is_async, takes
from bearerguard.plain_http import PlainHttp
from bearerguard.procedure import LoadUser
from bearerguard.responses import RenderRefusal
from bearerguard.schemes import Scheme
from bearerguard.scope_tree import ScopeTree
from bearerguard.urls import is_https
from bearerguard.verifiers import Verifier
from bearerguard.wire.fields import is_plain_quotable

logger = logging.getLogger("bearerguard")

# "Usually no more than a few minutes" (RFC 7519 section 4.1.4). Others count on it: a signed token that is
# over for longer is refused without a look for keys, and the revocation of one may be deleted a day later.
MAX_LEEWAY_SECONDS = 300.0


class ServerSettings(TypedDict, total=False):
    """What a `ResourceServer` takes beside its name, its realm and its verifier."""

    audiences: Iterable[str] | None
    schemes: Sequence[Scheme]
    plain_http: PlainHttp
    loopback_http: bool
    expiry_leeway_seconds: float
    not_before_leeway_seconds: float
    load_user: LoadUser | None
    scope_tree: ScopeTree | None
    render_refusal: RenderRefusal | None
    on_decision: OnDecision | None
    now: Callable[[], float]


def check_resource(resource: str) -> str:
    """A resource identifier (RFC 9728 section 1.2): an https URL without a fragment."""
    if not isinstance(resource, str):
        raise ConfigurationError('resource= must be a URL, such as "https://api.example.org"')
    try:
        parts = urlsplit(resource)
    except ValueError as error:  # an unfinished IPv6 address
        raise ConfigurationError("resource= is not a URL") from error
    if not is_https(parts, or_loopback=True) or "#" in resource:
        raise ConfigurationError(
            'resource= must be an https URL without a fragment, such as "https://api.example.org"; '
            "other names that tokens use for this API go into audiences="
        )
    return resource


def check_realm(realm: str) -> str:
    """What stands between quotes in every challenge."""
    if not isinstance(realm, str) or not realm or not is_plain_quotable(realm):
        raise ConfigurationError("realm= must be a short ASCII text without quotes or backslashes")
    return realm


def check_verifier(verifier: Verifier) -> Verifier:
    if not isinstance(verifier, Verifier):
        raise ConfigurationError(
            "verifier= must be a verifier, such as StoredTokens(store) or FromFunction(function), "
            f"not {type(verifier).__name__}"
        )
    return verifier


def check_audiences(audiences: Iterable[str] | None, resource: str) -> frozenset[str]:
    if audiences is None:
        return frozenset({resource})
    names = [] if isinstance(audiences, str) or not isinstance(audiences, Iterable) else list(audiences)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ConfigurationError('audiences= must be a list of at least one string, such as ["my-api"]')
    return frozenset(names)


def check_schemes(schemes: Sequence[Scheme]) -> dict[str, Scheme]:
    if not isinstance(schemes, Sequence) or not schemes:
        raise ConfigurationError("schemes= must be a list of at least one scheme, such as [Bearer()]")
    if not all(isinstance(scheme, Scheme) for scheme in schemes):
        raise ConfigurationError(
            "schemes= must hold schemes, such as Bearer(form=True), called and not named"
        )
    by_name = {scheme.name: scheme for scheme in schemes}
    if len(by_name) < len(schemes):
        raise ConfigurationError("schemes= must hold each scheme once")
    return by_name


def check_scope_tree(tree: ScopeTree | None) -> ScopeTree | None:
    if tree is not None and not isinstance(tree, ScopeTree):
        raise ConfigurationError(
            'scope_tree= must be a ScopeTree, as in ScopeTree({"modify": ["add", "read"]})'
        )
    return tree


def check_leeway(name: str, seconds: float) -> float:
    if not is_number(seconds) or seconds < 0:
        raise ConfigurationError(f"{name}= must be a finite number of seconds, 0 or more")
    if seconds > MAX_LEEWAY_SECONDS:
        raise ConfigurationError(
            f"{name}= must not be more than {MAX_LEEWAY_SECONDS:g} seconds, which is for clocks that differ; "
            "for tokens that live longer, have their issuer give them a later expiry"
        )
    return seconds


def check_switch(name: str, on: bool) -> bool:
    if not isinstance(on, bool):
        raise ConfigurationError(f"{name}= must be True or False")
    return on


def check_loopback_http(on: bool) -> bool:
    if check_switch("loopback_http", on):
        logger.warning("loopback_http is on: tokens from this machine are accepted over plain http")
    return on


def check_rendering(function: Any) -> Any:
    if function is not None and is_async(function):
        raise ConfigurationError("render_refusal= must be a plain function that takes a refusal")
    return check_callable("render_refusal", function, "that takes a refusal")


def check_callable(name: str, function: Any, use: str) -> Any:
    if function is not None and not takes(function, 1):
        raise ConfigurationError(f"{name}= must be a function {use}")
    return function


def check_clock(now: Callable[[], float]) -> Callable[[], float]:
    if not takes(now, 0):
        raise ConfigurationError("now= must be a function without arguments that gives Unix seconds")
    return now
