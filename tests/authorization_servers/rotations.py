"""An authorization server that changes its keys under load, seen from a guarded server."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.load import Call, Caller, Load
from tests.authorization_servers.programs import eventually
from tests.authorization_servers.signing_provider import SigningProvider

ENOUGH = 5  # calls of each kind, in each phase
MAX_AGE_SECONDS = 0.5
KEYS = {"min_age_seconds": 0.1, "max_age_seconds": MAX_AGE_SECONDS, "cooldown_seconds": 0.1}


class Rotated:
    """Two guards of one guarded server, one as it comes and one that fetches keys often, and their callers.

    Callers of new tokens have each call's token issued for it; the other's was issued at the beginning.
    """

    def __init__(self, provider: SigningProvider, edge: Edge) -> None:
        self.plain = edge.guard_issuer(provider)
        self.quick = edge.guard_issuer_from_parts(provider, keys=KEYS, max_age_seconds=3600)
        self.held_back = provider.issue()  # not shown to anybody before its key is withdrawn
        old = provider.issue()
        self.new = [Caller(guard, provider.issue) for guard in (self.plain, self.plain, self.quick)]
        self.old = Caller(self.quick, lambda: old)
        self.callers = [*self.new, self.old]
        self.rotated_at = self.withdrawn_at = 0.0

    def since_withdrawal(self) -> list[Call]:
        return self.old.since(self.withdrawn_at)

    def first_refusal(self) -> Call:
        return next(call for call in self.since_withdrawal() if call.status == 401)


def rotate(provider: SigningProvider, edges: Iterable[Edge]) -> dict[str, Rotated]:
    """Rotate its keys and withdraw the old one under load; give what each guarded server made of it."""
    seen = {edge.name: Rotated(provider, edge) for edge in edges}
    with Load(caller for one in seen.values() for caller in one.callers):
        _wait_for(200, [caller for one in seen.values() for caller in one.callers], since=0)
        provider.rotate_keys()
        rotated_at = time.monotonic()
        _wait_for(200, [caller for one in seen.values() for caller in one.callers], since=rotated_at)
        provider.withdraw_old_keys()
        withdrawn_at = time.monotonic()
        _wait_for(401, [one.old for one in seen.values()], since=withdrawn_at)
        _wait_for(200, [caller for one in seen.values() for caller in one.new], since=withdrawn_at)
    for one in seen.values():
        one.rotated_at, one.withdrawn_at = rotated_at, withdrawn_at
    return seen


def _wait_for(status: int, callers: Collection[Caller], *, since: float) -> None:
    def is_so() -> bool:
        return all(sum(call.status == status for call in caller.since(since)) >= ENOUGH for caller in callers)

    eventually(is_so, f"everybody has had {status} {ENOUGH} times")
