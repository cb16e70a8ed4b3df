"""A server that signs and is killed under load: its tokens do without it for as long as its keys are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import httpx
import pytest

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.signed_outages import ENOUGH, KEPT, OVER, Observed, observe
from tests.authorization_servers.signing_provider import SIGNING, SigningProvider
from tests.authorization_servers.transcript import Tell

Seen = tuple[SigningProvider, Mapping[str, Observed]]


@pytest.fixture(scope="module", params=SIGNING)
def outage(
    request: pytest.FixtureRequest,
    find_signing: Callable[[str], SigningProvider],
    edges: dict[str, Edge],
) -> Seen:
    """One outage of one authorization server, seen by both guarded servers at once."""
    provider = find_signing(request.param)
    return provider, observe(provider, edges.values())


@pytest.fixture
def signing(outage: Seen) -> SigningProvider:
    return outage[0]


@pytest.fixture
def seen(outage: Seen, edge: Edge) -> Observed:
    return outage[1][edge.name]


def told(responses: Sequence[httpx.Response]) -> str:
    statuses = Counter(one.status_code for one in responses)
    return ", ".join(f"{status} {number} times" for status, number in sorted(statuses.items(), reverse=True))


def test_a_known_token_passes_throughout(signing: SigningProvider, seen: Observed, tell: Tell) -> None:
    """Though the cache has forgotten it: the last good keys go on."""
    statuses = Counter(call.status for call in seen.known.calls)
    tell("killed under load: a known token", f"200 {statuses[200]} times")
    assert {200} == {*statuses}


def test_so_do_tokens_that_were_never_seen(signing: SigningProvider, seen: Observed, tell: Tell) -> None:
    """There is nothing about them to ask."""
    tell("killed: tokens never seen before", told(seen.unseen))
    assert [200] * ENOUGH == [one.status_code for one in seen.unseen]


def test_of_a_key_that_is_not_known_nobody_can_tell(
    signing: SigningProvider, seen: Observed, tell: Tell
) -> None:
    """503 without a challenge: it may be a new one. Once that can be seen, it is 401."""
    tell(
        "killed: a token of a key that nobody knows, until it is known that there is none", told(seen.strange)
    )
    first, *_, last = seen.strange
    assert (503, None) == (first.status_code, first.headers.get("www-authenticate"))
    assert "retry-after" in first.headers
    assert 401 == last.status_code


def test_a_guard_without_keys_gets_them_as_soon_as_it_can(
    signing: SigningProvider, seen: Observed, tell: Tell
) -> None:
    """One that was started in the outage: 503 until then, and nothing has to be started again."""
    tell("a guard that is started during the outage", told(seen.late))
    statuses = [one.status_code for one in seen.late]
    assert [503] * (len(statuses) - 1) + [200] == statuses
    assert all("retry-after" in one.headers for one in seen.late[:-1])


def test_a_new_key_is_found_after_the_return(signing: SigningProvider, seen: Observed, tell: Tell) -> None:
    """As soon as the server is not left alone any more; until then nobody can tell, which is no 401."""
    tell("back with another key: a token of that", told(seen.new))
    assert {200, 503} >= {one.status_code for one in seen.new}
    assert 200 == seen.new[-1].status_code


def test_the_log_says_that_kept_keys_are_used(signing: SigningProvider, seen: Observed, tell: Tell) -> None:
    """Why and for how long, and when it is over; not a line for each request."""
    kept, over = seen.guard.wait_for_line(KEPT), seen.guard.wait_for_line(OVER)
    tell("killed: the log", f"{kept} ... {over}")
    assert ["WARNING", "WARNING"] == [line.partition(" ")[0] for line in (kept, over)]
    assert len(seen.guard.logged()) < 20
