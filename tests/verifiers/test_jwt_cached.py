"""A JWT verifier inside of a cache: the warm path of every token, and what empties it."""

from __future__ import annotations

import threading

import pytest

from bearerguard import FirstMatch, RevokedTokens
from bearerguard.breaker import Unreachable
from bearerguard.errors import InvalidToken
from bearerguard.keys.remote import DEFAULT_AGE_SECONDS
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.token import AccessToken
from bearerguard.verifiers import ASK, Verifier
from tests.signing import OTHER_RSA, P256, RSA, claiming, sign
from tests.support import START
from tests.verifiers.verifying import PASSED, Api, Edge, refused

DOWN = Unreachable("no answer within 2 seconds")


def counted(api: Api, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each look for keys."""
    found: list[str] = []
    find = api.keys.find

    def note(kid: str | None, algorithm: str) -> object:
        found.append(algorithm)
        return find(kid, algorithm)

    monkeypatch.setattr(api.keys, "find", note)
    return found


def test_a_known_token_is_answered_without_a_key(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the spot, as an opaque one is."""
    api = Api(edge, cached={})
    asked = counted(api, monkeypatch)
    token = sign()
    assert [PASSED] * 3 == [api.outcome(token) for _ in range(3)]
    assert ["RS256"] == asked
    assert isinstance(api.verifier.recall(token.encode()), AccessToken)


def test_a_bad_token_is_remembered_as_such(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from good ones, for five seconds; another's token is asked about again after that."""
    api = Api(edge, cached={})
    asked = counted(api, monkeypatch)
    token = sign(key=OTHER_RSA, header={"kid": RSA.kid})
    assert [refused("bad signature")] * 2 == [api.outcome(token) for _ in range(2)]
    assert ["RS256"] == asked
    with pytest.raises(InvalidToken):
        api.verifier.recall(token.encode())
    api.move(5)
    assert [refused("bad signature"), ["RS256"] * 2] == [api.outcome(token), asked]


def test_expiry_counts_on_every_hit(edge: Edge) -> None:
    """At its very instant."""
    api = Api(edge, cached={"max_age_seconds": 10_000.0})
    token = claiming(exp=START + 100)
    assert PASSED == api.outcome(token)
    api.move(99.9)
    assert PASSED == api.outcome(token)
    api.move(0.1)
    assert refused("expired") == api.outcome(token)


def test_the_audience_and_the_key_it_is_bound_to_count_on_every_hit(edge: Edge) -> None:
    """These are the server's and the scheme's."""
    api = Api(edge, cached={})
    other, bound = claiming(aud="https://other.example.org"), claiming(cnf={"jkt": "x"})
    for _ in range(2):
        assert refused("wrong audience") == api.outcome(other)
        assert refused("bound to a key") == api.outcome(bound)


def test_a_key_that_is_withdrawn_stops_its_tokens_at_the_next_refresh(edge: Edge) -> None:
    """Those in the cache too, however long it keeps them; tokens of a key that stays pass on."""
    api = Api(edge, keys=(RSA, P256), cached={"max_age_seconds": 100_000.0})
    withdrawn, kept = claiming(exp=START + 90_000), sign(key=P256)
    assert [PASSED, PASSED] == [api.outcome(withdrawn), api.outcome(kept)]
    api.publishes(P256)
    assert [PASSED, PASSED] == [api.outcome(withdrawn), api.outcome(kept)]
    api.move(30)
    assert refused("signed by an unknown key") == api.outcome(sign(key=OTHER_RSA))  # which has it fetched
    assert [refused("signed by an unknown key"), PASSED] == [api.outcome(withdrawn), api.outcome(kept)]


def test_a_busy_token_has_the_keys_fetched_when_they_are_due(edge: Edge) -> None:
    """Where nothing but cached tokens comes: the age of the keys bounds that of what was signed by them."""
    api = Api(edge, keys=(RSA, P256), cached={"max_age_seconds": 100_000.0})
    withdrawn, kept = claiming(exp=START + 90_000), sign(key=P256)
    assert [PASSED, PASSED] == [api.outcome(withdrawn), api.outcome(kept)]
    api.publishes(P256)
    api.move(0.8 * DEFAULT_AGE_SECONDS)
    api.outcome(withdrawn)
    _wait_for_what_is_fetched_aside()
    assert [refused("signed by an unknown key"), PASSED] == [api.outcome(withdrawn), api.outcome(kept)]


def _wait_for_what_is_fetched_aside() -> None:
    for thread in threading.enumerate():
        if thread.name == "bearerguard-fetch":
            thread.join(20)


def test_a_key_that_is_replaced_under_its_name_stops_its_tokens_too(edge: Edge) -> None:
    """The name is not the key."""
    impostor = type(RSA)(RSA.kid, OTHER_RSA.kind, OTHER_RSA.algorithm)
    api = Api(edge, keys=(RSA, P256), cached={})
    token = sign()
    assert PASSED == api.outcome(token)
    api.publishes(impostor, P256)
    api.move(30)
    api.outcome(sign(header={"kid": "x"}))
    assert [refused("bad signature"), PASSED] == [api.outcome(token), api.outcome(sign(key=impostor))]


def test_known_tokens_pass_through_an_outage_of_the_keys_if_that_is_asked_for(edge: Edge) -> None:
    """As with any other source."""
    api = Api(edge, cached={"max_age_seconds": 60.0, "stale_if_error_seconds": 10_000_000.0})
    token = claiming(exp=START + 1_000_000)
    assert PASSED == api.outcome(token)
    api.http.says(DOWN)
    api.move(200_000)  # no set of keys is kept for so long
    assert PASSED == api.outcome(token)
    assert api.facts.stale
    assert 503 == api.ask(claiming(exp=START + 1_000_000, jti="new")).status


def listed(jwt: Verifier) -> Verifier:
    """Everything that can stand between a verifier and its cache."""
    return FirstMatch([RevokedTokens(jwt, MemoryTokenStore())])


def test_one_cache_around_several_verifiers_hears_of_each(edge: Edge) -> None:
    """Through whatever stands between."""
    api = Api(edge, keys=(RSA, P256), around=listed, cached={})
    token = sign()
    assert PASSED == api.outcome(token)
    api.publishes(P256)
    api.move(30)
    api.outcome(sign(header={"kid": "x"}))
    assert refused("signed by an unknown key") == api.outcome(token)


def test_what_is_no_jwt_is_not_asked_about(edge: Edge) -> None:
    """So an opaque token finds the next verifier's cache on the spot."""
    api = Api(edge, cached={})
    assert (None, ASK) == (api.verifier.recall(b"opaque"), api.verifier.recall(sign().encode()))
    assert refused("unknown") == api.outcome("opaque")
