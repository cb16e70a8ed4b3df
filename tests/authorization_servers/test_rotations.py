"""Keys that are changed in the middle of traffic: whom that hurts, and how soon the old ones are void."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.rotations import ENOUGH, MAX_AGE_SECONDS, Rotated, rotate
from tests.authorization_servers.signing_provider import SIGNING, SigningProvider
from tests.authorization_servers.transcript import Tell

SLACK_SECONDS = 5.0  # of a machine that has other things to do
UNKNOWN_KEY = "invalid_token: signed by an unknown key"


@pytest.fixture(scope="module", params=SIGNING)
def rotation(
    request: pytest.FixtureRequest,
    find_signing: Callable[[str], SigningProvider],
    edges: dict[str, Edge],
) -> tuple[SigningProvider, Mapping[str, Rotated]]:
    """One change of one authorization server's keys, seen by both guarded servers at once."""
    provider = find_signing(request.param)
    return provider, rotate(provider, edges.values())


@pytest.fixture
def signing(rotation: tuple[SigningProvider, Mapping[str, Rotated]]) -> SigningProvider:
    return rotation[0]


@pytest.fixture
def seen(rotation: tuple[SigningProvider, Mapping[str, Rotated]], edge: Edge) -> Rotated:
    return rotation[1][edge.name]


def test_no_good_token_is_refused(signing: SigningProvider, seen: Rotated, tell: Tell) -> None:
    """Of all that were issued on the way, with the old key and with the new one."""
    statuses = Counter(call.status for caller in seen.new for call in caller.calls)
    tell("keys changed under load: new tokens", f"200 {statuses[200]} times")
    assert {200} == {*statuses}


def test_a_token_of_a_new_key_is_good_at_once(signing: SigningProvider, seen: Rotated, tell: Tell) -> None:
    """The first one that names it has the keys fetched."""
    first = [caller.since(seen.rotated_at)[0] for caller in seen.new]
    slowest = max(call.ended_at - call.began_at for call in first)
    tell("the first calls with a new key", f"200, the slowest after {slowest * 1000:.0f} ms")
    assert [200] * len(seen.new) == [call.status for call in first]


def test_an_old_token_passes_until_its_key_is_withdrawn(seen: Rotated, signing: SigningProvider) -> None:
    """A rotation alone takes nothing away."""
    before = [call.status for call in seen.old.calls if call.ended_at < seen.withdrawn_at]
    assert len(before) >= 2 * ENOUGH
    assert {200} == {*before}


def test_none_signed_by_a_withdrawn_key_passes_after_the_refresh(
    signing: SigningProvider, seen: Rotated, tell: Tell
) -> None:
    """Not even from a cache that would keep it for an hour."""
    calls = seen.since_withdrawal()
    passed = [call.status for call in calls].index(401)
    seconds = seen.first_refusal().ended_at - seen.withdrawn_at
    tell(
        f"a token of the old key, max_age_seconds={MAX_AGE_SECONDS}",
        f"200 {passed} times, then 401; {seconds:.2f} s after its withdrawal",
    )
    assert [200] * passed + [401] * (len(calls) - passed) == [call.status for call in calls]
    assert seconds < MAX_AGE_SECONDS + SLACK_SECONDS


def test_a_token_of_a_withdrawn_key_that_was_never_seen(
    signing: SigningProvider, seen: Rotated, tell: Tell
) -> None:
    """Is refused as well, and the log says why."""
    response = seen.quick.get(seen.held_back)
    tell("another token of the old key, never shown before", f"{response.status_code} {seen.quick.reason()}")
    assert (401, UNKNOWN_KEY) == (response.status_code, seen.quick.reason())


def test_a_guard_that_has_not_looked_since_takes_the_old_key_for_good(
    signing: SigningProvider, seen: Rotated, tell: Tell
) -> None:
    """`max_age_seconds` of the keys is for how long: its default is ten minutes, or what the issuer says."""
    response = seen.plain.get(seen.held_back)
    tell("the same, where the keys are ten minutes good", response.status_code)
    assert 200 == response.status_code
