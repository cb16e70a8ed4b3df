"""What a verifier vouches for, and what a request ends up with.

Both are kept in a cache and handed to many requests, so nothing in them can be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from bearerguard.checks import is_number
from bearerguard.credentials import Credentials
from bearerguard.wire.scope import is_scope_token


class FrozenClaims(dict[str, Any]):
    """Claims that can be read, compared and dumped as JSON, but not changed."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("claims are shared between requests: copy them with dict(claims) to change them")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenClaims, (dict(self),))


_UNCHANGEABLE = frozenset({str, int, float, bool, type(None)})


def freeze(value: Any) -> Any:
    """Copy a JSON value into one that cannot be changed: dicts and sets frozen, lists as tuples."""
    if type(value) in _UNCHANGEABLE:  # first: most values are, and to ask for a Mapping is slow
        return value
    if isinstance(value, FrozenClaims):
        return value
    if isinstance(value, Mapping):
        return FrozenClaims({name: freeze(member) for name, member in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(member) for member in value)
    return frozenset(value) if isinstance(value, set) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """Verified facts about an access token; every one has a default.

    Instants are Unix seconds; `expires_at=None` never expires. `scopes` may be given as any iterable
    of names, `audience` as one string or several; no audience means that the token names none.
    `confirmation` is `cnf`, the key that the sender must hold (RFC 7800). `verifier` names who
    vouches. `stale` says that these are facts of before an outage, older than a cache may give them
    otherwise. `authority` is what makes a subject unique among several verifiers, by default the
    issuer or else the verifier: one who takes an issuer's word for its name says so here.
    `max_age_seconds` is for how long a cache may give these facts before it asks again, where that is
    less than its own.

    Raises ValueError on a fact of the wrong type. Does not: check anything against the clock.
    """

    subject: str | None = None
    client_id: str | None = None
    scopes: frozenset[str] = frozenset()
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    issued_at: float | None = None
    not_before: float | None = None
    expires_at: float | None = None
    token_type: str = "Bearer"
    confirmation: Mapping[str, Any] | None = None
    claims: Mapping[str, Any] = field(default_factory=FrozenClaims, repr=False)
    verifier: str = ""
    authority: str = field(default="", repr=False, compare=False)
    stale: bool = field(default=False, compare=False)  # the same facts, however old
    max_age_seconds: float | None = field(default=None, repr=False, compare=False)
    # Built once, where the facts are cached, rather than once a request: see `authentication_of`.
    _authentication: tuple[str, object, Authentication] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        scopes = self.scopes
        if type(scopes) is not frozenset and isinstance(scopes, Iterable) and not isinstance(scopes, str):
            _set(self, "scopes", frozenset(scopes))
        _check_facts(self)
        _set(self, "audience", _audience_of(self.audience))
        _set(self, "claims", freeze(self.claims))
        if self.confirmation is not None:
            _set(self, "confirmation", freeze(self.confirmation))

    @property
    def is_application(self) -> bool:
        """Whether this token speaks for an application alone (RFC 6749 section 4.4)."""
        return self.subject is None or self.subject == self.client_id


_set = object.__setattr__


def limit_age(facts: AccessToken, max_age_seconds: float | None) -> AccessToken:
    """Say for how long a cache may give facts that nobody else has yet."""
    _set(facts, "max_age_seconds", max_age_seconds)
    return facts


def _check_facts(facts: AccessToken) -> None:
    for name in ("subject", "client_id", "issuer"):
        value = getattr(facts, name)
        if value is not None and (not isinstance(value, str) or not value):
            raise ValueError(f"{name} must be a non-empty string or None")
    if facts.max_age_seconds is not None and not is_number(facts.max_age_seconds):
        raise ValueError("max_age_seconds must be a number or None")
    for name in ("issued_at", "not_before", "expires_at"):
        value = getattr(facts, name)
        if value is not None and not is_number(value):
            raise ValueError(f"{name} must be Unix seconds or None")
    check_scopes(facts.scopes)


def _audience_of(audience: Iterable[str]) -> tuple[str, ...]:
    is_several = isinstance(audience, Iterable) and not isinstance(audience, str)
    members = tuple(audience) if is_several else (audience,)
    for member in members:
        if not isinstance(member, str):
            raise ValueError("audience must be one string or several")
    return cast("tuple[str, ...]", members)


def check_scopes(scopes: Iterable[str]) -> None:
    """Raise ValueError unless these are scope names, several of them and not one string."""
    if type(scopes) is not frozenset and (isinstance(scopes, str) or not isinstance(scopes, Iterable)):
        raise ValueError("scopes must be a collection of scope names")
    for name in scopes:
        if not isinstance(name, str) or not is_scope_token(name):
            raise ValueError("scopes must be names without spaces, quotes or backslashes, and not empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Whom a token speaks for, in the words that Starlette and others read.

    `subject` is None where an application speaks for itself. `identity` is unique among everything
    that the guard accepts: with several verifiers it carries the issuer's name.
    """

    subject: str | None = None
    client_id: str | None = None
    scopes: frozenset[str] = frozenset()
    identity: str = ""
    is_authenticated: bool = True

    @property
    def display_name(self) -> str:
        return self.subject or self.client_id or ""

    @property
    def is_anonymous(self) -> bool:
        return not self.is_authenticated


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a request ends up with: the facts, the user, and the scheme by which they came.

    `digest` is the beginning of the token's SHA-256, as logs and decisions name it. `scopes` are what
    counts on this server: those of the token, and with a `ScopeTree` all that they imply.
    """

    access_token: AccessToken
    user: Any
    scheme: str = "Bearer"
    digest: str = ""
    scopes: frozenset[str] = cast("frozenset[str]", None)  # None: those of the token

    def __post_init__(self) -> None:
        if self.scopes is None:
            _set(self, "scopes", self.access_token.scopes)

    @property
    def subject(self) -> str | None:
        return self.access_token.subject

    @property
    def client_id(self) -> str | None:
        return self.access_token.client_id


@dataclass(frozen=True, slots=True)
class Anonymous:
    """What is attached as `auth` where no token came: no scopes."""

    scopes: frozenset[str] = frozenset()


ANONYMOUS = Anonymous()
ANONYMOUS_USER = User(is_authenticated=False)


def authentication_of(
    facts: AccessToken, credentials: Credentials, many_issuers: bool, scopes: frozenset[str], reader: object
) -> Authentication:
    """Build the authentication with the default user, and leave it with the facts for this reader's next."""
    scheme, user = credentials.scheme, _user_of(facts, many_issuers, scopes)
    authentication = Authentication(facts, user, scheme, credentials.logged_digest(), scopes)
    _set(facts, "_authentication", (scheme, reader, authentication))
    return authentication


def _user_of(facts: AccessToken, many_issuers: bool, scopes: frozenset[str]) -> User:
    subject = None if facts.is_application else facts.subject
    identity = f"client:{facts.client_id or ''}" if subject is None else subject
    if subject is not None and subject.startswith(("client:", "user:")):
        identity = f"user:{subject}"  # a user may choose a name; it must not become an application's
    if many_issuers:
        authority = facts.authority or facts.issuer or facts.verifier
        identity = f"{authority.replace('%', '%25').replace('|', '%7C')}|{identity}"
    return User(subject=subject, client_id=facts.client_id, scopes=scopes, identity=identity)
