"""Look for a key that is not in the set: once in a while, since strangers can name keys too."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bearerguard.clients.coalesce import Coalesce
from bearerguard.errors import Unavailable
from bearerguard.flow import Flow
from bearerguard.forks import renew_in_child

# A request that is cancelled takes its search along, and one that waited for it searches again. Not for ever:
# strangers can send requests and cancel them.
MAX_CUT_OFF = 3


@dataclass(slots=True)
class _Turn:
    """One turn to search, and what has become of it."""

    under_way: int = 0
    cut_off: int = 0
    is_answered: bool = False


class Search:
    """Whose turn it is to fetch on behalf of a key that is not in the set.

    Whoever comes while there is a search follows it. One on another event loop cannot, and makes its own
    beside it; the first answer, whatever it says, ends the turn for all of them. So no event loop searches
    twice in a turn, but for searches that were cut off.
    """

    def __init__(
        self, fetch: Callable[[], Flow[object]], *, cooldown_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._cooldown_seconds, self._monotonic = cooldown_seconds, monotonic
        self._coalesce = Coalesce()
        self.renew()
        renew_in_child(self)

    def renew(self) -> None:
        """Start anew after a fork: searches under way are the parent's, and so is what they find."""
        self._lock = threading.Lock()
        self._coalesce.renew()
        self._next_at = -math.inf
        self._turn = _Turn()

    @property
    def is_over(self) -> bool:
        """Whether it is nobody's turn, and there is no search to follow."""
        return self._monotonic() < self._next_at and not self._turn.under_way and not self.is_open

    @property
    def is_open(self) -> bool:
        """Whether a search was cut off and none answered, so that what it would have found is not known."""
        turn = self._turn
        return turn.cut_off > 0 and not turn.is_answered

    @property
    def left_seconds(self) -> float:
        """How long it is until the next turn."""
        return self._next_at - self._monotonic()

    def ask(self) -> Flow[None]:
        """Fetch, or wait for whoever does; at once, where it is nobody's turn. Raises Unavailable."""
        yield from self._coalesce.ask("search", self._search)

    def _search(self) -> Flow[None]:
        turn = self._begin()
        if turn is None:
            return
        is_answered = False
        try:
            yield from self._fetch()
            is_answered = True
        except Unavailable:
            is_answered = True
            raise
        finally:
            with self._lock:  # of its own turn: there may be another by now, as in a forked child
                turn.under_way -= 1
                turn.is_answered |= is_answered
                turn.cut_off += not is_answered

    def _begin(self) -> _Turn | None:
        with self._lock:
            now = self._monotonic()
            if now >= self._next_at:
                self._next_at = now + self._cooldown_seconds
                self._turn = _Turn()
            elif self._turn.is_answered or self._turn.cut_off > MAX_CUT_OFF:
                return None
            self._turn.under_way += 1
            return self._turn
