"""What is asked of Redis for one token, and under which key."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenRecord
from bearerguard.stores._redis import scripts
from bearerguard.stores._redis.values import dumped, dumped_instant
from bearerguard.stores._row_triggers import MARK

CHANNEL = b"revoked"  # behind the prefix: where the digests of revoked tokens are told
MANY = b"*"  # what is told in place of so many digests that nobody can say which
KEPT_SECONDS = 86_400.0  # after a token has expired, so that people can still see what it was
MAX_PREFIX_CHARACTERS = 64  # it is in every key

Command = tuple[Any, ...]


class Commands:
    """The commands for the tokens below one prefix."""

    def __init__(self, prefix: str, now: Callable[[], float]) -> None:
        self.prefix = _checked(prefix)
        self.channel = self.prefix + CHANNEL
        self._now = now

    def addition(self, record: TokenRecord) -> Command:
        """Keep it if there is none: True or 1, else None. Told is one that revokes."""
        kept = self._kept_milliseconds(record)
        if _revokes(record):
            arguments = dumped(record), "" if kept is None else kept, self.channel, record.digest
            return ("EVAL", scripts.ADD, 1, self.prefix + record.digest, *arguments)
        life = () if kept is None else ("PX", kept)
        return ("SET", self.prefix + record.digest, dumped(record), "NX", *life)

    def revocation(self, digest: bytes) -> Command:
        """Revoke it and tell: 1 if it was not revoked, else 0."""
        instant = dumped_instant(self._now())
        return ("EVAL", scripts.REVOKE, 1, self.prefix + digest, instant, self.channel, digest)

    def extension(self, record: TokenRecord, *, merges: bool) -> Command:
        """Keep it, or take over what reaches further, with `merges` a revocation too, and tell."""
        kept = self._kept_milliseconds(record)
        arguments = dumped(record), "" if kept is None else kept, self.channel, record.digest
        switches = int(merges), int(_revokes(record))
        return ("EVAL", scripts.EXTEND, 1, self.prefix + record.digest, *arguments, *switches)

    def use(self, digest: bytes, at: float) -> Command:
        """Keep when it was last used: 1 if that is later than what was known, else 0."""
        return ("EVAL", scripts.USE, 1, self.prefix + digest, dumped_instant(at))

    def removal(self, record: TokenRecord) -> Command:
        """Forget it, if it is still this: 1, else 0. Told is one that is still good."""
        is_over = record.revoked_at is not None or (
            record.expires_at is not None and record.expires_at <= self._now()
        )
        arguments = dumped(record), b"" if is_over else self.channel, record.digest
        return ("EVAL", scripts.FORGET, 1, self.prefix + record.digest, *arguments)

    def withdrawals(self, digests: Iterable[bytes]) -> Iterator[Command]:
        """Take back what was added, and tell that once, since it may be much: 1 for each that was there."""
        key = None
        for digest in digests:
            key = self.prefix + digest
            yield ("DEL", key)
        if key is not None:
            yield ("EVAL", scripts.TELL, 1, key, self.channel, MANY)

    def _kept_milliseconds(self, record: TokenRecord) -> int | None:
        # From now on, not until an instant: Redis forgets by a clock of its own.
        if record.expires_at is None:
            return None
        return math.ceil((max(record.expires_at - self._now(), 0) + KEPT_SECONDS) * 1_000)


def _revokes(record: TokenRecord) -> bool:
    return record.revoked_at is not None or record.digest.hex().endswith(MARK)


def _checked(prefix: str) -> bytes:
    is_plain = isinstance(prefix, str) and prefix.isascii() and prefix.isprintable()
    # Braces would put all tokens on one node of a cluster.
    if not is_plain or not 0 < len(prefix) <= MAX_PREFIX_CHARACTERS or set(prefix) & set("{} "):
        raise ConfigurationError(
            f"RedisTokenStore(prefix=...) must be 1 to {MAX_PREFIX_CHARACTERS} plain characters, "
            'such as "bearerguard:"'
        )
    return prefix.encode("ascii")
