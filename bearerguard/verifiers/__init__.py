"""Is this token good, and what does it say: the door.

A verifier gives one of four answers: the facts (mine, and good), None (not mine: ask the next one),
InvalidToken (mine, and bad: stop) or Unavailable (cannot know: stop).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Final

from bearerguard.credentials import Credentials
from bearerguard.errors import Reason
from bearerguard.flow import Flow
from bearerguard.stores.feed import Feed
from bearerguard.token import AccessToken


class Ask(Enum):
    """What `recall` answers when only `verify` can tell."""

    ASK = "ask"


ASK: Final = Ask.ASK


class Verifier(ABC):
    """The base of every verifier; one with I/O overrides `verify`, one that remembers also `recall`.

    Each token gets facts of its own, never an object shared with another token.
    """

    name: str = ""
    """Who vouches, for decisions and, among several, for the identity of users."""

    cached: bool = False
    """Whether what `recall` gives may be older than this instant."""

    many: bool = False
    """Whether subjects come from more than one place, so that one name may be two people."""

    final_prefix: str | None = None
    """What tokens begin with that nobody else is ever asked about; None where there are none."""

    only_issuer: str | None = None
    """Whose tokens it vouches for, where it is one issuer's and no other's."""

    def recall(self, token: bytes) -> AccessToken | None | Ask:
        """Answer what can be answered on the spot, without any I/O; ASK for everything else.

        Raises InvalidToken or Unavailable where that is known already.
        """
        return ASK

    @abstractmethod
    def verify(self, credentials: Credentials) -> Flow[AccessToken | None]:
        """Find out. Raises InvalidToken and Unavailable.

        Does not: check time, audience or scopes; the resource server does, on every request.
        """

    def explain(self, token: bytes) -> Reason:
        """Say for the log, on the spot, why nobody vouches for a token to which all have answered None."""
        return Reason.UNKNOWN

    def rename(self, name: str) -> None:
        """Take another name, so that several of one kind can be told apart."""
        self.name = name

    def warm_up(self) -> Flow[None]:
        """Fetch what the first request would wait for, such as keys; a failure is only logged."""
        yield from ()

    def close(self) -> Flow[None]:
        """Let go of what outlives a request, such as connections; the next request opens new ones."""
        yield from ()

    def ports(self) -> Iterable[Callable[..., Any]]:
        """The functions that `verify` calls, so that an async one under WSGI is found at start."""
        return ()

    def feeds(self) -> Iterable[Feed]:
        """What tells of changes that other processes make, where that is known."""
        return ()

    def subscribe(self, listener: Callable[[bytes | None], None]) -> None:  # noqa: B027 - may be nothing
        """Have changes told: the digest of a token that was revoked or replaced, None for many at once."""
