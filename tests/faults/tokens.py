"""The tokens of one run: which are good, which were revoked and when that was acknowledged."""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass, field
from math import inf

from bearerguard.stores import TokenRecord, issue

RECENT = 8  # of the revoked, those that are asked about most
REVOKED = 80  # what was revoked in some 16 s: longer than any copy may be trusted


@dataclass(eq=False, slots=True)
class Token:
    """One token; instants are of the monotonic clock, infinity for what has not happened.

    Between `revoking_at` and `revoked_at` nobody can say whether it is good.
    """

    text: str = field(repr=False)
    record: TokenRecord = field(repr=False)
    added_at: float = inf
    revoking_at: float = inf
    revoked_at: float = inf


def new_token() -> Token:
    text, record = issue(subject="alice", client_id="app", scopes=("tag",))
    return Token(text, record)


class Book:
    """Every token there is; one thread writes, others choose."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self._good: list[Token] = []
        self._doubtful: Token | None = None
        self._revoked: list[Token] = []
        self._recent: deque[Token] = deque(maxlen=RECENT)
        self._random = random.Random(7)  # noqa: S311 - chooses what to ask for

    def added(self, token: Token) -> None:
        token.added_at = time.monotonic()
        self.tokens.append(token)
        self._good = [*self._good, token]

    def revoking(self) -> Token:
        """Choose one that is to be revoked: the same again until that is acknowledged."""
        if self._doubtful is None:
            token = self._doubtful = self._good[0]
            token.revoking_at = time.monotonic()
            self._good = self._good[1:]
            self._recent.append(token)
        return self._doubtful

    def revoked(self, token: Token) -> None:
        token.revoked_at = time.monotonic()
        self._doubtful = None
        self._revoked = [*self._revoked, token][-REVOKED:]

    def choose(self) -> Token:
        """Choose one to ask for: most are good, some revoked lately or long ago, some known to nobody."""
        share = self._random.random()
        if share < 0.2 and self._recent:
            return self._random.choice(tuple(self._recent))
        if share < 0.4 and self._revoked:
            return self._random.choice(self._revoked)
        if share < 0.45:
            return new_token()
        return self._random.choice(self._good)
