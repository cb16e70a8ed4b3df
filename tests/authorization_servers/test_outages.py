"""Authorization servers that are restarted, paused or killed under load: whom that hurts, and how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from statistics import median

import pytest

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.outages import TIMEOUT_SECONDS, WAYS, Observed, left_alone, observe
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.transcript import Tell

LONG = [way for way in WAYS if WAYS[way].is_long]
SLACK_SECONDS = 5.0  # of a machine that has other things to do


@pytest.fixture(scope="module", params=WAYS)
def outage(
    request: pytest.FixtureRequest, providers: dict[str, Provider], edges: dict[str, Edge]
) -> tuple[str, Mapping[tuple[str, str], Observed]]:
    """One outage of both authorization servers, seen by both guarded servers at once."""
    way = WAYS[request.param]
    return request.param, observe(list(providers.values()), list(edges.values()), way)


@pytest.fixture
def way(outage: tuple[str, Mapping[tuple[str, str], Observed]]) -> str:
    return outage[0]


@pytest.fixture
def seen(outage: tuple[str, Mapping[tuple[str, str], Observed]], provider: Provider, edge: Edge) -> Observed:
    return outage[1][provider.name, edge.name]


def told(statuses: Counter[int]) -> str:
    return ", ".join(f"{status} {number} times" for status, number in sorted(statuses.items()))


def test_a_good_token_is_never_called_bad(seen: Observed, way: str, tell: Tell) -> None:
    """200 or 503, from the last good second to the first."""
    statuses = seen.known.statuses()
    tell(f"{way} under load: a good token", told(statuses))
    assert {200, 503} >= {*statuses}
    assert statuses[200]


def test_an_unknown_token_never_passes(seen: Observed, way: str, tell: Tell) -> None:
    """401 or 503."""
    for caller in (seen.unknown, seen.unknown_to_patient):
        assert {401, 503} >= {*caller.statuses()}
    tell(f"{way} under load: unknown tokens", told(seen.unknown.statuses()))


def test_a_503_says_when_to_come_back(seen: Observed) -> None:
    """Every one of them has a Retry-After."""
    calls = [call for caller in seen.callers for call in caller.calls if call.status == 503]
    assert [] == [call for call in calls if not call.has_retry_after]


def test_stale_answers_keep_a_known_token_going(seen: Observed, way: str, tell: Tell) -> None:
    """200 throughout, with `stale_if_error_seconds`; each decision says whether it was stale."""
    statuses = seen.known_to_patient.statuses()
    stale = [one for one in seen.patient.decisions() if one["stale"]]
    tell(
        f"{way} under load: a good token, stale answers allowed",
        f"{told(statuses)}, {len(stale)} of them stale",
    )
    assert {200} == {*statuses}
    assert {"passed"} >= {one["outcome"] for one in stale}
    assert not any(one["stale"] for one in seen.plain.decisions())
    if way in LONG:  # the other may be back before a fact is too old
        assert stale
        seen.patient.wait_for_line("serving stale facts")


@pytest.mark.parametrize("outage", LONG, indirect=True)
def test_a_server_that_stays_away_is_left_alone(seen: Observed, way: str, tell: Tell) -> None:
    """Then a request gets its 503 at once, rather than after a timeout or a connection's failure."""
    seconds = left_alone(seen.plain)
    line = seen.plain.wait_for_line("times in a row")
    came = f"{median(seconds) * 1000:.2f} ms (median of {len(seconds)}); log: {line}"
    tell(f"{way} under load: 503 once it is left alone", came)
    assert median(seconds) < TIMEOUT_SECONDS / 20
    assert line.startswith("ERROR bearerguard: ")


def test_it_recovers_without_a_restart(seen: Observed, way: str, tell: Tell) -> None:
    """The same process and the same guard answer again, after no longer than the server was away."""
    seconds = seen.recovered_after_seconds()
    away = f"after {seen.away_seconds:.1f} s away"
    tell(f"{way} under load: all is well again", f"{seconds:.1f} s after the server's return, {away}")
    assert seconds < seen.away_seconds + SLACK_SECONDS


@pytest.mark.parametrize("outage", LONG, indirect=True)
def test_the_log_says_when_it_began_and_when_it_is_over(seen: Observed, way: str, tell: Tell) -> None:
    """An error with the reason, and a warning; not one for each request."""
    began, over = (seen.plain.wait_for_line(text) for text in ("is unavailable", "answers again"))
    tell(f"{way} under load: the log", f"{began} ... {over}")
    assert ["ERROR", "WARNING"] == [line.partition(" ")[0] for line in (began, over)]
    assert len(seen.plain.logged()) < 20
