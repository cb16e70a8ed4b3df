"""An authorization server that goes away under load and comes back, seen from a guarded server."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.authorization_servers.edge import Edge, Guarded
from tests.authorization_servers.load import Caller, Load, unknown_token
from tests.authorization_servers.programs import Program, eventually
from tests.authorization_servers.provider import Provider

MAX_AGE_SECONDS = 0.2
STALE_SECONDS = 60.0
TIMEOUT_SECONDS = 1.0
ENOUGH = 5  # calls of each kind, in each phase
LEFT_ALONE = "is left alone for a while"


@dataclass(frozen=True)
class Way:
    """How a server goes away, how it comes back, and whether it stays away until it is left alone."""

    leave: Callable[[Program], None]
    come_back: Callable[[Program], None]
    is_long: bool


WAYS: Mapping[str, Way] = {
    "restarted": Way(Program.stop, Program.start, is_long=False),
    "paused": Way(
        lambda one: one.signal(signal.SIGSTOP), lambda one: one.signal(signal.SIGCONT), is_long=True
    ),
    "killed": Way(Program.kill, Program.start, is_long=True),
}


class Observed:
    """Two guards of one guarded server, a plain one and one that may serve stale facts, and their callers."""

    def __init__(self, provider: Provider, edge: Edge) -> None:
        short: dict[str, Any] = {
            "max_age_seconds": MAX_AGE_SECONDS,
            "introspection": {"timeout_seconds": TIMEOUT_SECONDS},
        }
        self.plain = edge.guard(provider, **short)
        self.patient = edge.guard(provider, stale_if_error_seconds=STALE_SECONDS, **short)
        token = provider.issue()
        self.known = Caller(self.plain, lambda: token)
        self.unknown = Caller(self.plain, unknown_token)
        self.known_to_patient = Caller(self.patient, lambda: token)
        self.unknown_to_patient = Caller(self.patient, unknown_token)
        # More of them, so that failures come in soon: those of one known token are one question.
        others = [Caller(guard, unknown_token) for guard in (self.plain, self.patient)]
        self.callers = [self.known, self.unknown, self.known_to_patient, self.unknown_to_patient, *others]
        self.away_at = self.back_at = 0.0

    def has_seen(self, status: int, *callers: Caller, since: float) -> bool:
        """Tell whether each of these callers has had enough of such answers."""
        return all(sum(call.status == status for call in caller.since(since)) >= ENOUGH for caller in callers)

    def is_well(self, since: float) -> bool:
        return self.has_seen(200, self.known, self.known_to_patient, since=since) and self.has_seen(
            401, self.unknown, self.unknown_to_patient, since=since
        )

    def is_left_alone(self) -> bool:
        return all(len(left_alone(one)) >= ENOUGH for one in (self.plain, self.patient))

    @property
    def away_seconds(self) -> float:
        return self.back_at - self.away_at

    def recovered_after_seconds(self) -> float:
        """From the server's return to the first answer about a token that nobody could have remembered."""
        return (
            min(call.ended_at for call in self.unknown.since(self.back_at) if call.status == 401)
            - self.back_at
        )


def left_alone(guard: Guarded) -> list[float]:
    """How long each request took that was refused because the server is left alone."""
    return [one["seconds"] for one in guard.decisions() if LEFT_ALONE in (one["reason"] or "")]


def observe(
    providers: Sequence[Provider], edges: Sequence[Edge], way: Way
) -> Mapping[tuple[str, str], Observed]:
    """Let the servers go away under load and come back, and give what each guarded server made of each."""
    seen = {(one.name, edge.name): Observed(one, edge) for one in providers for edge in edges}
    programs = [one.program for one in providers]
    with Load(caller for one in seen.values() for caller in one.callers):
        _wait(seen.values(), lambda one: one.is_well(0), "all is well before")
        for one in seen.values():
            one.away_at = time.monotonic()
        try:
            for program in programs:
                way.leave(program)
            if way.is_long:
                _wait(seen.values(), Observed.is_left_alone, "the server is left alone")
        finally:
            for program in programs:
                way.come_back(program)
        for program in programs:
            program.wait_until_ready()
        for one in seen.values():
            one.back_at = time.monotonic()
        _wait(seen.values(), lambda one: one.is_well(one.back_at), "all is well again")
    return seen


def _wait(seen: Collection[Observed], is_so: Callable[[Observed], bool], what: str) -> None:
    eventually(lambda: all(is_so(one) for one in seen), what)
