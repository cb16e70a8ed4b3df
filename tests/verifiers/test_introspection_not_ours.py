"""Active, and not for us: another issuer, another audience, another kind of token, another time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.answering import active
from tests.support import RESOURCE, START
from tests.verifiers.introspecting import (
    BOUND,
    EXPIRED,
    NAME,
    NO_ACCESS_TOKEN,
    NO_AUDIENCE,
    PASSED,
    WRONG_AUDIENCE,
    WRONG_ISSUER,
    Edge,
    Outcome,
    Remote,
    malformed,
    warnings,
)

ISSUER = "https://as.example.org"
CLOCKS = f"{NAME} calls a token active that has expired by our clock: one of the two may be wrong"


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (ISSUER, PASSED),
        (..., PASSED),
        (f"{ISSUER}/", WRONG_ISSUER),
        (ISSUER.upper(), WRONG_ISSUER),
        (f"{ISSUER}.evil.example", WRONG_ISSUER),
        ("https://other.example.org", WRONG_ISSUER),
        ("x", WRONG_ISSUER),
        ("", malformed("iss is not a text")),
        (None, malformed("iss is not a text")),
        ([ISSUER], malformed("iss is not a text")),
    ],
)
def test_another_issuer_is_not_ours(edge: Edge, says: Any, expected: Outcome) -> None:
    """Compared as strings; a server that says nothing of it is the one that was asked."""
    remote = Remote(edge, active(iss=says), issuer=ISSUER)
    assert expected == remote.outcome()
    if expected == PASSED:
        assert ISSUER == remote.facts.issuer


def test_without_an_issuer_of_ours_any_is_good(edge: Edge) -> None:
    """The endpoint is ours."""
    remote = Remote(edge, active(iss="https://other.example.org"), active())
    assert (PASSED, "https://other.example.org") == (remote.outcome(), remote.facts.issuer)
    assert (PASSED, None) == (remote.outcome(), remote.facts.issuer)


@pytest.mark.parametrize(
    ("says", "expected", "if_required"),
    [
        (RESOURCE, PASSED, PASSED),
        ([RESOURCE], PASSED, PASSED),
        (["other", RESOURCE, "more"], PASSED, PASSED),
        (..., PASSED, NO_AUDIENCE),
        ([], NO_AUDIENCE, NO_AUDIENCE),
        (f"{RESOURCE}/", WRONG_AUDIENCE, WRONG_AUDIENCE),
        ([RESOURCE.upper()], WRONG_AUDIENCE, WRONG_AUDIENCE),
        (RESOURCE[:-1], WRONG_AUDIENCE, WRONG_AUDIENCE),
        (f"{RESOURCE} other", WRONG_AUDIENCE, WRONG_AUDIENCE),
        ("", WRONG_AUDIENCE, WRONG_AUDIENCE),
    ],
)
def test_a_token_for_others_is_not_for_us(
    edge: Edge, says: Any, expected: Outcome, if_required: Outcome
) -> None:
    """One of the audiences must be ours exactly; that there is one can be required."""
    assert expected == Remote(edge, active(aud=says)).outcome()
    assert if_required == Remote(edge, active(aud=says), require_audience=True).outcome()


def test_other_names_of_ours_are_good_too(edge: Edge) -> None:
    """Which the resource server knows."""
    guard = {"audiences": ["api", "API"]}
    remote = Remote(edge, active(aud="API"), active(aud=RESOURCE), guard=guard, require_audience=True)
    assert [PASSED, WRONG_AUDIENCE] == [remote.outcome(), remote.outcome()]


@pytest.mark.parametrize(
    ("claims", "expected", "if_required"),
    [
        ({}, PASSED, NO_ACCESS_TOKEN),
        *[({"token_type": one}, PASSED, PASSED) for one in ("Bearer", "bearer", "BEARER", "bEaReR")],
        *[({"token_type": one}, PASSED, PASSED) for one in ("access_token", "Access_Token")],
        *[
            ({"token_type": one}, NO_ACCESS_TOKEN, NO_ACCESS_TOKEN)
            for one in (
                "DPoP",
                "mac",
                "N_A",
                "refresh_token",
                "Bearer ",
                "urn:ietf:params:oauth:token-type:jwt",
            )
        ],
        ({"token_use": "access_token"}, PASSED, NO_ACCESS_TOKEN),
        ({"token_use": "access_token", "token_type": "Bearer"}, PASSED, PASSED),
        *[
            ({"token_use": one, "token_type": "Bearer"}, NO_ACCESS_TOKEN, NO_ACCESS_TOKEN)
            for one in ("refresh_token", "id_token", "access", "Access_Token")
        ],
        *[
            ({"typ": one, "token_type": "Bearer"}, PASSED, PASSED)
            for one in ("Bearer", "JWT", "at+jwt", "anything", "Refreshed")
        ],
        *[
            ({"typ": one, "token_type": "Bearer"}, NO_ACCESS_TOKEN, NO_ACCESS_TOKEN)
            for one in ("Refresh", "Offline", "ID", "refresh", "OFFLINE", "Id")
        ],
    ],
)
def test_other_tokens_are_no_access_tokens(
    edge: Edge, claims: dict[str, Any], expected: Outcome, if_required: Outcome
) -> None:
    """Some servers call a refresh token active; `require_token_type` closes what is left."""
    assert expected == Remote(edge, active(**claims)).outcome()
    assert if_required == Remote(edge, active(**claims), require_token_type=True).outcome()


def test_a_token_that_is_bound_to_a_key_is_not_a_bearer_token(edge: Edge) -> None:
    """RFC 9449 section 7.2; the facts are kept, for a scheme that asks for the proof."""
    remote = Remote(edge, active(cnf={"jkt": "x"}), cached={})
    assert [BOUND, BOUND] == [remote.outcome(), remote.outcome()]
    assert 1 == remote.http.times


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": START + 0.5}, PASSED),
        ({"exp": START}, EXPIRED),
        ({"exp": 0}, EXPIRED),
        ({"exp": -1}, EXPIRED),
        ({"exp": 2**64 - 1}, PASSED),
        ({"nbf": START + 30}, PASSED),
        ({"nbf": START + 30.5}, (401, "invalid_token: not yet valid")),
        ({"iat": START + 10_000}, PASSED),
    ],
)
def test_times_are_read_by_our_clock(edge: Edge, claims: dict[str, Any], expected: Outcome) -> None:
    """Expired is "on or after" (RFC 7519 section 4.1.4), 1970 as well as now."""
    assert expected == Remote(edge, active(**claims)).outcome()


def test_our_leeway_is_given_to_the_server_too(edge: Edge) -> None:
    """Clocks differ."""
    remote = Remote(edge, active(exp=START - 5), guard={"expiry_leeway_seconds": 6.0})
    assert PASSED == remote.outcome()
    remote.move(1)
    assert EXPIRED == remote.outcome()


@pytest.mark.parametrize("exp", [0, START - 6, START - 5])
def test_clocks_that_differ_are_told(edge: Edge, caplog: pytest.LogCaptureFixture, exp: float) -> None:
    """Active there, expired here: refused, and a warning in ten seconds."""
    remote = Remote(edge, active(exp=exp))
    assert [EXPIRED] * 3 == [remote.outcome() for _ in range(3)]
    assert [CLOCKS] == warnings(caplog)
    remote.move(10)
    assert (EXPIRED, [CLOCKS]) == (remote.outcome(), warnings(caplog))


@pytest.mark.parametrize("exp", [START - 4.9, START - 1, START])
def test_a_moment_more_is_nothing_to_warn_of(
    edge: Edge, caplog: pytest.LogCaptureFixture, exp: float
) -> None:
    """Some servers cut the instant to whole seconds; the token is refused all the same."""
    remote = Remote(edge, active(exp=exp))
    assert (EXPIRED, []) == (remote.outcome(), warnings(caplog))


def test_a_token_that_is_still_good_is_nothing_to_warn_of(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """To the last moment."""
    remote = Remote(edge, active(exp=START + 1))
    remote.move(0.875)
    assert (PASSED, []) == (remote.outcome(), warnings(caplog))
