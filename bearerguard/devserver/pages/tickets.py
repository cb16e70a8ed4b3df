"""One-time tickets in forms: what was asked is what is answered, by whom it was asked, and once."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock

from cachetools import TTLCache

from bearerguard.devserver.secrets import digest_of

TICKET_SECONDS = 600.0  # as long as a code: nobody reads a consent page for longer
MAX_TICKETS = 10_000  # only who is logged in gets one; of more than these the oldest go


class Use(Enum):
    """What became of an attempt to use a ticket."""

    GOOD = auto()
    USED_BEFORE = auto()
    UNKNOWN = auto()  # made up, too old, of another session or of another request


@dataclass(slots=True)
class _Ticket:
    bound_to: bytes
    is_used: bool = False


class Tickets:
    """Tickets that have been given out; safe to use from several threads."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._tickets: TTLCache[str, _Ticket] = TTLCache(MAX_TICKETS, TICKET_SECONDS, timer=monotonic)
        self._lock = Lock()

    def give(self, session: str, subject: str) -> str:
        """Make a ticket that counts in this session for this subject: the request that a form is about."""
        ticket = secrets.token_urlsafe(16)
        with self._lock:
            self._tickets[ticket] = _Ticket(_bound(session, subject))
        return ticket

    def use(self, ticket: str, session: str, subject: str) -> Use:
        """Use a ticket up; of several who try at once one is told that it is good."""
        with self._lock:
            found = self._tickets.get(ticket)
            if found is None or not hmac.compare_digest(found.bound_to, _bound(session, subject)):
                return Use.UNKNOWN
            if found.is_used:
                return Use.USED_BEFORE
            found.is_used = True
            return Use.GOOD


def _bound(session: str, subject: str) -> bytes:
    return digest_of(f"{session}\n{subject}")
