"""The record of a token of ours, and what can be wrong with one."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import lru_cache

from bearerguard.errors import BearerGuardError
from bearerguard.token import check_scopes

DIGEST_BYTES = 32
ID_CHARACTERS = 16  # 64 bits: no two of a million tokens share them
FIRST_IMPOSSIBLE_INSTANT = 1e11  # in the year 5138: whoever means milliseconds lands behind it
MAX_KEPT_SCOPE_SETS = 4_096  # applications ask for a few sets of scopes, over and over


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
