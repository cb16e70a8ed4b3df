"""Where our own tokens are kept: the record, the port, and how a token is issued.

Only the SHA-256 of a token is ever stored. A plain hash is enough, since a token of 256 random bits
cannot be guessed from it, and it makes the look-up one point read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Protocol

from bearerguard.checks import is_number
from bearerguard.errors import ConfigurationError
from bearerguard.stores._record import (
    DIGEST_BYTES,
    FIRST_IMPOSSIBLE_INSTANT,
    ID_CHARACTERS,
    MAX_KEPT_SCOPE_SETS,
    DuplicateToken,
    TokenRecord,
)
from bearerguard.stores._state import StoreState
from bearerguard.wire.local_token import DEFAULT_PREFIX, mint

__all__ = [
    "DEFAULT_LIFETIME_SECONDS",
    "DIGEST_BYTES",
    "FIRST_IMPOSSIBLE_INSTANT",
    "ID_CHARACTERS",
    "MAX_KEPT_SCOPE_SETS",
    "PAGE_RECORDS",
    "DuplicateToken",
    "Listener",
    "TokenAdministration",
    "TokenRecord",
    "TokenStore",
    "digest_of",
    "issue",
]

DEFAULT_LIFETIME_SECONDS = 90 * 86_400.0  # long enough for a script, short enough for a leak to end
PAGE_RECORDS = 1_000  # what a copy holds at once: some 300 KB

Listener = Callable[[bytes | None], None]


class TokenStore(Protocol):
    """What the guard needs of a store.

    Ours have an async twin of each of these but `subscribe`, called `afind`, `aadd` and so on; a store of
    your own may have them too, or `async def find`. One with a method `note_use(record)` is told of uses.
    """

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
    """What the command line needs besides, blocking only: on an event loop call it on a thread."""

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

    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        """Keep when these tokens were last used, Unix seconds; of two instants the later one counts.

        It is no change of which anybody is told. Raises Unavailable.
        """

    def last_uses(self, digests: Iterable[bytes]) -> dict[bytes, float]:
        """Give when these tokens were last used, Unix seconds, where that is known."""

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
