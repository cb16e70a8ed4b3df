"""A server that signs, killed under load and started again, seen from a guarded server."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx

from tests.authorization_servers.edge import Edge, Guarded
from tests.authorization_servers.load import Caller, Load
from tests.authorization_servers.programs import eventually
from tests.authorization_servers.registered import LIFETIME_SECONDS
from tests.authorization_servers.signing_provider import SigningProvider
from tests.signing import RSA, access_claims, sign

ENOUGH = 5  # calls of each kind, in each phase
KEYS = {"min_age_seconds": 0.1, "max_age_seconds": 0.3, "cooldown_seconds": 0.1}
KEPT = "is used on"
OVER = "answers again"


@dataclass
class Observed:
    """A guard that fetches keys often and forgets tokens soon, one that was built too late, and answers."""

    provider: SigningProvider
    edge: Edge
    unseen: list[httpx.Response] = field(default_factory=list)
    strange: list[httpx.Response] = field(default_factory=list)  # of a key that nobody knows
    late: list[httpx.Response] = field(default_factory=list)
    new: list[httpx.Response] = field(default_factory=list)  # of a key that it has since its return

    def __post_init__(self) -> None:
        self.guard = self.edge.guard_issuer_from_parts(self.provider, keys=KEYS, max_age_seconds=0.1)
        token = self.provider.issue()
        self.known = Caller(self.guard, lambda: token)
        self.tokens = [self.provider.issue() for _ in range(ENOUGH)]

    def is_well(self, since: float) -> bool:
        return sum(call.status == 200 for call in self.known.since(since)) >= ENOUGH

    def ask_during_the_outage(self) -> None:
        self.unseen = [self.guard.get(token) for token in self.tokens]
        self.strange.append(self.guard.get(self._strange_token()))
        self.built_late = self._build()
        self.late.append(self.built_late.get(self.tokens[0]))

    def ask_after_it(self) -> None:
        _ask_until(200, self.new, self.guard, self.provider.issue())
        _ask_until(200, self.late, self.built_late, self.tokens[0])
        _ask_until(401, self.strange, self.guard, self._strange_token())

    def _build(self) -> Guarded:
        return self.edge.guard_issuer(self.provider)

    def _strange_token(self) -> str:
        now = int(time.time())
        claims = access_claims(iss=self.provider.issuer, iat=now, exp=now + LIFETIME_SECONDS)
        return sign(claims, key=RSA)


def observe(provider: SigningProvider, edges: Iterable[Edge]) -> dict[str, Observed]:
    """Kill it, see that nobody knows the newest keys any more, and start it again."""
    seen = {edge.name: Observed(provider, edge) for edge in edges}
    with Load(one.known for one in seen.values()):
        _wait_until_well(seen.values(), since=0)
        provider.program.kill()
        try:
            for one in seen.values():
                one.guard.wait_for_line(KEPT)
                one.ask_during_the_outage()
        finally:
            provider.program.start()
            provider.program.wait_until_ready()
        provider.rotate_keys()
        back_at = time.monotonic()
        for one in seen.values():
            one.ask_after_it()
        _wait_until_well(seen.values(), since=back_at)
    return seen


def _wait_until_well(seen: Iterable[Observed], *, since: float) -> None:
    all_of_them = list(seen)
    eventually(lambda: all(one.is_well(since) for one in all_of_them), "a known token passes")


def _ask_until(status: int, responses: list[httpx.Response], guard: Guarded, token: str) -> None:
    def is_so() -> bool:
        responses.append(guard.get(token))
        return responses[-1].status_code == status

    eventually(is_so, f"the answer becomes {status}")
