"""When a JWT verifier asks for keys, and what becomes of a token for which there are none."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import FirstMatch, RevokedTokens, Unavailable
from bearerguard.breaker import Unreachable
from bearerguard.flow import run
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from tests.clients.answering import answer, in_both_colours
from tests.signing import OTHER_RSA, P256, RSA, access_claims, claiming, sign
from tests.support import START, WsgiEdge, credentials
from tests.verifiers.verifying import JWKS, PASSED, Api, Edge, refused

DOWN = Unreachable("no answer within 2 seconds")


def test_without_a_kid_each_key_that_fits_is_tried(edge: Edge) -> None:
    """RFC 7515 section 4.1.4: it is a hint."""
    api = Api(edge, keys=(OTHER_RSA, P256, RSA))
    assert PASSED == api.outcome(sign(header={"kid": ...}))


def test_an_unknown_key_is_looked_for_once_in_a_while(edge: Edge) -> None:
    """A new key is found, and random names cost one fetch in 30 seconds."""
    api = Api(edge, keys=(P256,))
    unknown = refused("signed by an unknown key")
    assert [PASSED, unknown] == [api.outcome(sign(key=P256)), api.outcome()]
    assert 2 == api.fetches
    api.publishes(P256, RSA)
    for number in range(10):
        assert unknown == api.outcome(sign(header={"kid": str(number)}))
    assert 2 == api.fetches
    api.move(30)
    assert [PASSED, 3] == [api.outcome(), api.fetches]


def test_only_a_good_token_gets_as_far_as_the_keys(edge: Edge) -> None:
    """A token that is long over would cost a fetch for nothing."""
    api = Api(edge)
    assert refused("expired") == api.outcome(claiming(exp=START - 300))
    assert refused("not yet valid") == api.outcome(claiming(nbf=START + 301))
    assert 0 == api.fetches


def test_how_long_a_token_is_over_is_the_server_s_to_say(edge: Edge) -> None:
    """Its leeway counts, where the key is known already."""
    api = Api(edge, guard={"expiry_leeway_seconds": 120.0, "not_before_leeway_seconds": 120.0})
    early, late = claiming(nbf=START + 120), claiming(exp=START - 119)
    assert [PASSED] * 3 == [api.outcome(), api.outcome(early), api.outcome(late)]
    assert refused("expired") == api.outcome(claiming(exp=START - 120))
    assert refused("not yet valid") == api.outcome(claiming(nbf=START + 121))


def test_within_five_minutes_it_is_even_where_a_key_must_be_fetched(edge: Edge) -> None:
    """Which no leeway exceeds."""
    for changes in ({"exp": START - 299}, {"nbf": START + 300}):
        api = Api(edge, guard={"expiry_leeway_seconds": 300.0, "not_before_leeway_seconds": 300.0})
        assert [PASSED, 1] == [api.outcome(claiming(**changes)), api.fetches]


def test_a_long_expired_token_says_so_whether_its_key_is_known_or_not(edge: Edge) -> None:
    """The log should not send anybody to look for keys."""
    api = Api(edge)
    expired = {"exp": START - 3600}
    cold = api.outcome(claiming(**expired))
    warm = [api.outcome(), api.outcome(claiming(**expired))]
    assert [refused("expired"), PASSED, refused("expired")] == [cold, *warm]
    unknown = sign(access_claims(**expired), key=OTHER_RSA)
    assert refused("expired") == api.outcome(unknown)
    assert refused("signed by an unknown key") == api.outcome(
        sign(key=OTHER_RSA)
    )  # no more fetches for a while
    assert refused("expired") == api.outcome(unknown)


def test_keys_that_are_not_to_be_had_are_an_outage(edge: Edge) -> None:
    """503: nobody knows whether the token is good. It is over when they are there."""
    api = Api(edge)
    api.http.says(DOWN)
    assert (503, DOWN.what) == api.outcome()
    api.publishes(RSA)
    api.move(60)
    assert PASSED == api.outcome()


def wrapped(jwt: Verifier) -> Verifier:
    """Everything that can stand around a verifier."""
    return FirstMatch([RevokedTokens(jwt, MemoryTokenStore())])


@in_both_colours
def test_it_can_be_warmed_up(finish: Any) -> None:
    """Then the first request waits for nothing; through whatever stands around it."""
    api = Api(WsgiEdge(), around=wrapped, cached={})
    finish(api.verifier.warm_up())
    assert 1 == api.fetches
    assert [PASSED, 1] == [api.outcome(), api.fetches]


@in_both_colours
def test_closing_it_closes_its_keys(finish: Any) -> None:
    """The connections of this colour; through whatever stands around it."""
    api = Api(WsgiEdge(), around=wrapped, cached={})
    finish(api.verifier.close())
    assert 1 == len(api.http.called)
    assert api.http.called[0] in ("close", "aclose")


@pytest.mark.parametrize("answered", [DOWN, answer({}, status=500), answer({"keys": []})])
def test_no_request_goes_anywhere_but_to_the_key_set(edge: Edge, answered: Any) -> None:
    """Whatever a token says, or the answer."""
    api = Api(edge)
    api.http.says(answered)
    evil = "https://evil.example.org/"
    assert 503 == api.ask(sign(header={"jku": evil, "x5u": evil})).status
    assert {JWKS} == {request.url for request in api.http.asked}


def test_unavailable_keys_are_raised_as_such() -> None:
    """To whoever calls the verifier himself."""
    api = Api(WsgiEdge())
    api.http.says(DOWN)
    with pytest.raises(Unavailable, match="no answer within 2 seconds"):
        run(api.jwt.verify(credentials(sign())))
