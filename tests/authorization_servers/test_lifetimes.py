"""Tokens that end while they are in use: taken back, or expired."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.authorization_servers.edge import Edge, Guarded
from tests.authorization_servers.programs import eventually
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.registered import BRIEF, BRIEF_SECONDS
from tests.authorization_servers.transcript import Tell

MAX_AGE_SECONDS = 0.3


def test_a_revoked_token_is_refused_once_the_cache_is_too_old(
    provider: Provider, edge: Edge, tell: Tell
) -> None:
    """And not one request later: the max age is the delay of a revocation at the authorization server."""
    guard = edge.guard(provider, max_age_seconds=MAX_AGE_SECONDS)
    token = provider.issue()
    assert 200 == guard.get(token).status_code
    provider.revoke(token)
    eventually(lambda: 401 == guard.get(token).status_code, "the revoked token is refused")
    asked, *others, refused = guard.decisions()
    cached = f"200 from the cache {len(others)} times"
    tell(f"revoked, max_age_seconds={MAX_AGE_SECONDS}", f"{cached}, then 401 {refused['reason']}")
    assert [False, True, False] == [asked["cached"], all(one["cached"] for one in others), refused["cached"]]
    assert "invalid_token: unknown" == refused["reason"]


@dataclass
class Life:
    """A token's requests at one guard: (begun at, ended at, status), to the first that was refused."""

    guard: Guarded
    token: str
    expires_at: float
    requests: list[tuple[float, float, int]] = field(default_factory=list)

    def is_over(self) -> bool:
        began_at = time.time()
        if not self.requests or self.requests[-1][2] == 200:
            status = self.guard.get(self.token).status_code
            self.requests.append((began_at, time.time(), status))
        return self.requests[-1][2] != 200


@pytest.fixture(scope="module")
def lives(providers: dict[str, Provider], edges: dict[str, Edge]) -> Mapping[tuple[str, str], Life]:
    """All of them at once, since each takes its time."""
    found = {}
    for provider in providers.values():
        for edge in edges.values():
            token = provider.issue(BRIEF)
            guard = edge.guard(provider, max_age_seconds=3600)
            found[provider.name, edge.name] = Life(guard, token, provider.ask(token).json()["exp"])
    eventually(lambda: [life.is_over() for life in found.values()].count(False) == 0, "all tokens expire")
    return found


def test_a_token_is_good_until_its_exp_and_not_beyond(
    provider: Provider, edge: Edge, tell: Tell, lives: Mapping[tuple[str, str], Life]
) -> None:
    """Whatever age the cache would allow, and though the toolkit calls it active for up to a second more."""
    life = lives[provider.name, edge.name]
    *passed, refused = life.requests
    decisions = life.guard.decisions()
    warned = next((f"; log: {line}" for line in life.guard.logged() if "our clock" in line), "")
    came = f"200 {len(passed)} times, then 401 {decisions[-1]['reason']}{warned}"
    tell(f"expired after {BRIEF_SECONDS} s, max_age_seconds=3600", came)
    assert ([200] * len(passed), 401) == ([status for _, _, status in passed], refused[2])
    assert passed[-1][0] < life.expires_at <= refused[1]
    assert True in [one["cached"] for one in decisions]
    assert decisions[-1]["reason"] in ("invalid_token: expired", "invalid_token: unknown")
