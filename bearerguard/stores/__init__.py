"""Where our own tokens are kept: the record, the port, and how a token is issued.

Only the SHA-256 of a token is ever stored. A plain hash is enough, since a token of 256 random bits
cannot be guessed from it, and it makes the look-up one point read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from bearerguard.checks import is_number
from bearerguard.errors import BearerGuardError, ConfigurationError
from bearerguard.stores._state import StoreState
from bearerguard.token import check_scopes
from bearerguard.wire.local_token import DEFAULT_PREFIX, mint

DIGEST_BYTES = 32
ID_CHARACTERS = 16  # 64 bits: no two of a million tokens share them
DEFAULT_LIFETIME_SECONDS = 90 * 86_400.0  # long enough for a script, short enough for a leak to end
FIRST_IMPOSSIBLE_INSTANT = 1e11  # in the year 5138: whoever means milliseconds lands behind it
MAX_KEPT_SCOPE_SETS = 4_096  # applications ask for a few sets of scopes, over and over
PAGE_RECORDS = 1_000  # what a copy holds at once: some 300 KB

Listener = Callable[[bytes | None], None]


class DuplicateToken(BearerGuardError):
    """The store has a token with this digest already."""

    def __init__(self, digest: bytes) -> None:
        super().__init__(digest)
        self.digest = digest

    def __str__(self) -> str:
        return f"the token {self.digest.hex()[:ID_CHARACTERS]} is in the store already"


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token of ours: its SHA-256, whom it speaks for, how far it reaches and for how long.

    `subject` is the user, None for an application that speaks for itself; `client_id` is the
    application. Instants are Unix seconds. `expires_at=None` never expires; `revoked_at=None` is not
    revoked. `label` is for people, and means nothing to the guard.

    Raises ValueError on a field of the wrong shape. Does not: check anything against the clock.
    """

    digest: bytes
    subject: str | None = None
    _: KW_ONLY
    client_id: str | None = None
    scopes: frozenset[str] = frozenset()
    issued_at: float
    expires_at: float | None
    revoked_at: float | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if type(self.digest) is not bytes or len(self.digest) != DIGEST_BYTES:
            raise ValueError("digest must be the 32 bytes of a SHA-256")
        for text in (self.subject, self.client_id, self.label):
            if text is not None:
                _check_text(text)
        if type(self.scopes) is not frozenset:
            raise ValueError("scopes must be a frozenset of scope names")
        _check_scope_set(self.scopes)
        for instant in (self.issued_at, self.expires_at, self.revoked_at):
            if instant is not None:
                _check_instant(instant)

    @property
    def token_id(self) -> str:
        """The first 16 hexadecimal digits of the digest: how people name a token."""
        return self.digest.hex()[:ID_CHARACTERS]


def _check_text(text: str) -> None:
    if not isinstance(text, str) or not text:
        raise ValueError("subject, client_id and label must be text that is not empty, or None")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("subject, client_id and label must be Unicode text") from None


@lru_cache(MAX_KEPT_SCOPE_SETS)
def _check_scope_set(scopes: frozenset[str]) -> None:
    check_scopes(scopes)


def _check_instant(instant: float) -> None:
    # Written so that NaN, which would be "not yet expired" for ever, is refused too.
    if type(instant) not in (float, int) or not 0 <= instant < FIRST_IMPOSSIBLE_INSTANT:
        raise ValueError("instants must be Unix seconds (not milliseconds) from 0 to the year 5138")


class TokenStore(Protocol):
    """What the guard needs of a store; `find` and `revoke` may also be `async def` elsewhere."""

    def find(self, digest: bytes) -> TokenRecord | None:
        """Give the record, revoked and expired ones too; None where there is none.

        Raises Unavailable when the store cannot answer: never None for that.
        """

    def add(self, record: TokenRecord) -> None:
        """Keep a record. Raises DuplicateToken, Unavailable."""

    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did. Raises Unavailable."""

    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there with its digest gets the later `issued_at` and `expires_at`.

        No expiry is the latest. It is for revocations: of two of the same, what reaches further counts.
        Raises Unavailable.
        """

    def subscribe(self, listener: Listener) -> None:
        """Call this after every change made through this object, on the thread that made it.

        It gets the digest, or None when many changed. Does not: tell of other processes' changes.
        """


class TokenAdministration(TokenStore, Protocol):
    """What the command line needs besides."""

    def add_many(self, records: Iterable[TokenRecord]) -> int:
        """Keep all of these or, when anything at all goes wrong, none. Raises DuplicateToken."""

    def records(self, *, subject: str | None = None, client_id: str | None = None) -> Iterator[TokenRecord]:
        """Give all records of a user, an application or both, the oldest first."""

    def find_by_id(self, hex_prefix: str) -> list[TokenRecord]:
        """Give the records whose digest begins like this, as git does with short ids."""

    def revoke_all(self, *, subject: str | None = None, client_id: str | None = None) -> int:
        """Revoke every token of a user, an application or both; how many it was."""

    def purge(self, *, before: float) -> int:
        """Forget what expired or was revoked before this instant; how many it was."""

    def count(self) -> int:
        """Give the number of records."""

    def pages(self, *, limit: int = PAGE_RECORDS) -> Iterator[list[TokenRecord]]:
        """Give all records, some at a time, in no order; nothing is held in the store between two pages.

        What is there from the first page to the last comes at least once.
        """

    def find_many(self, digests: Iterable[bytes]) -> dict[bytes, TokenRecord]:
        """Give those of these that are there, by their digests."""

    def merge(self, records: Iterable[TokenRecord]) -> None:
        """Keep all of these; one that is there with its digest gets the later of each of the instants.

        No expiry is the latest, and revoked is later than not. What fails in the middle may have been
        done in part; doing it again does no harm.
        """

    def state(self) -> StoreState:
        """Say where it is, which version it has, and what an acknowledged change survives."""


def issue(
    *,
    subject: str | None = None,
    client_id: str | None = None,
    scopes: Iterable[str] = (),
    lifetime_seconds: float | None = DEFAULT_LIFETIME_SECONDS,
    label: str | None = None,
    prefix: str = DEFAULT_PREFIX,
    now: Callable[[], float] = time.time,
) -> tuple[str, TokenRecord]:
    """Make a token and the record to add to a store; nobody can read the token from the record.

    `lifetime_seconds=None` never expires. Raises ConfigurationError when neither a user nor an
    application is named, and on a scope, a lifetime or a prefix that cannot be. Does not: store.
    """
    if subject is None and client_id is None:
        raise ConfigurationError("a token needs a user, an application or both: subject=, client_id=")
    if lifetime_seconds is not None and (not is_number(lifetime_seconds) or lifetime_seconds <= 0):
        raise ConfigurationError("lifetime_seconds must be a finite number above 0; None never expires")
    token = mint(prefix)
    issued_at = now()
    expires_at = None if lifetime_seconds is None else issued_at + lifetime_seconds
    try:
        if isinstance(scopes, str) or not isinstance(scopes, Iterable):
            raise ValueError('scopes must be several names: ("tag", "rating"), not "tag rating"')
        record = TokenRecord(
            digest_of(token),
            subject,
            client_id=client_id,
            scopes=frozenset(scopes),
            issued_at=issued_at,
            expires_at=expires_at,
            label=label,
        )
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return token, record


def digest_of(token: str) -> bytes:
    """SHA-256 of a token, under which its record is kept."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
