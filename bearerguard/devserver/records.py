"""What the development authorization server keeps: applications, users, grants, codes, refresh tokens."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

Kind = Literal["confidential", "public"]  # RFC 6749 section 2.1
CONFIDENTIAL: Kind = "confidential"
PUBLIC: Kind = "public"

CodeChallengeMethod = Literal["S256", "plain"]


@dataclass(frozen=True, slots=True)
class Application:
    """A registered client (RFC 6749 section 2); a confidential one has a secret, of which we keep a digest.

    An `installed` one is public and runs where its user is: besides `redirect_uris` it may use
    `urn:ietf:wg:oauth:2.0:oob` and this machine with any port (RFC 8252 section 7.3). `scopes` are those
    it may ask for, None for all. `owner` is the user whose page lists it, None for one of the command.
    """

    client_id: str
    name: str
    _: KW_ONLY
    kind: Kind = CONFIDENTIAL
    installed: bool = False
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    secret_digest: bytes | None = field(default=None, repr=False)
    owner: str | None = None
    created_at: float

    @property
    def is_confidential(self) -> bool:
        return self.kind == CONFIDENTIAL


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in; `name` is the subject of tokens."""

    name: str
    _: KW_ONLY
    password_hash: str = field(repr=False)
    email: str | None = None
    created_at: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user has allowed an application; all codes and tokens that come of it end with it."""

    grant_id: str
    user: str
    client_id: str
    _: KW_ONLY
    scopes: frozenset[str]
    offline: bool
    created_at: float
    revoked_at: float | None = None

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, kept as its SHA-256 (RFC 6749 section 4.1.2).

    `redirect_uri` is the one of the request, None where it named none.
    """

    digest: bytes
    grant_id: str
    _: KW_ONLY
    client_id: str
    redirect_uri: str | None
    challenge: str | None = field(default=None, repr=False)
    challenge_method: CodeChallengeMethod | None = None
    expires_at: float
    used_at: float | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, kept as its SHA-256 (RFC 6749 section 1.5); a grant may have had several."""

    digest: bytes
    grant_id: str
    _: KW_ONLY
    issued_at: float
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """An application that was registered just now; a public one has no secret."""

    client_id: str
    client_secret: str | None = field(repr=False)
    application: Application
