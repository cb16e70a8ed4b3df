"""For how long a fetched document is good: what its server says (RFC 9111 section 4.2), within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from bearerguard.checks import check_seconds
from bearerguard.errors import ConfigurationError

D = TypeVar("D")

# The last part of a document's life, in which the next request has it refreshed without waiting for it.
AHEAD_SHARE = 0.2

Fetched: TypeAlias = tuple[D, float | None]
"""A document, and for how many seconds its server says that it is fresh; None where it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Generic[D]):
    """One version, and the instants of its life: monotonic, so that a clock that jumps prolongs nothing."""

    document: D = field(repr=False)
    asked_at: float
    refresh_at: float
    stale_at: float
    ends_at: float  # through failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """For how long a version is good: what its server says within bounds, and through failures."""

    min_age_seconds: float
    max_age_seconds: float
    max_stale_seconds: float
    default_age_seconds: float

    def check(self, owner: str) -> None:
        """Raise ConfigurationError unless these parameters of `owner` make sense."""
        check_seconds(owner, min_age_seconds=self.min_age_seconds, max_age_seconds=self.max_age_seconds)
        if self.max_stale_seconds != 0:  # which is off
            check_seconds(owner, max_stale_seconds=self.max_stale_seconds)
        if self.min_age_seconds > self.max_age_seconds:
            raise ConfigurationError(f"{owner}(min_age_seconds=...) must not be more than max_age_seconds")

    def date(self, fetched: Fetched[D], asked_at: float) -> Version[D]:
        """Give a document its life."""
        document, fresh_seconds = fetched
        said_seconds = self.default_age_seconds if fresh_seconds is None else fresh_seconds
        age_seconds = min(max(said_seconds, self.min_age_seconds), self.max_age_seconds)
        stale_at = asked_at + age_seconds
        return Version(
            document=document,
            asked_at=asked_at,
            refresh_at=stale_at - AHEAD_SHARE * age_seconds,
            stale_at=stale_at,
            ends_at=max(stale_at, asked_at + self.max_stale_seconds),
        )
