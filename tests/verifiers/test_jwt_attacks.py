"""Every published class of attack on JWTs, sent at both edges: one answer, and no fetch without need."""

from __future__ import annotations

import pytest

from bearerguard import ClientSecretBasic, FirstMatch, Introspection
from tests.clients.answering import AnsweringClient, answer
from tests.signing import ED25519, P256, RSA, sign
from tests.support import BAD_TOKEN_CHALLENGE, bad_request
from tests.verifiers.jwt_attacks import ATTACKS, Attack
from tests.verifiers.verifying import JWKS, PASSED, Api, Edge, refused

each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


def api_for(attack: Attack, edge: Edge, **more: object) -> Api:
    return Api(edge, keys=(RSA, P256, ED25519), **attack.settings, **more)


@each_attack
def test_each_token_of_an_attack_gets_its_answer(attack: Attack, edge: Edge) -> None:
    """The status, the one text on the wire and the reason for the log; the application sees nothing."""
    api = api_for(attack, edge)
    tokens = list(attack.tokens())
    assert tokens
    for token in tokens:
        reply = api.ask(token)
        if attack.refusal is None:
            assert (401, BAD_TOKEN_CHALLENGE) == reply.brief
            assert refused(attack.reason)[1] == api.heard[-1].reason
        else:
            assert (400, bad_request(attack.refusal)) == reply.brief
    assert [] == api.app.seen


@each_attack
def test_an_attack_that_could_not_pass_fetches_no_key(attack: Attack, edge: Edge) -> None:
    """Nothing is known yet, so each look for a key is a fetch, and from our issuer's URL only."""
    for token in attack.tokens():
        api = api_for(attack, edge)
        api.ask(token)
        assert int(attack.asks) == api.fetches
        assert {JWKS} >= {request.url for request in api.http.asked}


@each_attack
def test_nobody_else_is_asked_about_a_token_in_our_issuer_s_name(attack: Attack, edge: Edge) -> None:
    """The answer is final, even where the next one would let everything pass; what is not ours goes on."""
    for token in attack.tokens():
        http = AnsweringClient([answer({"active": True, "sub": "mallory"})])
        other = Introspection(
            "https://other.example.org/introspect", client=ClientSecretBasic("api", "secret"), http=http
        )
        api = api_for(attack, edge, around=lambda jwt, other=other: FirstMatch([jwt, other]))
        status = api.ask(token).status
        assert (0 if attack.is_ours else 1) == http.times
        assert status == (200 if not attack.is_ours else 400 if attack.refusal else 401)


def test_after_all_of_them_a_good_token_passes(edge: Edge) -> None:
    """None of them leaves anything behind; unknown keys are looked for once in a while."""
    api = Api(edge, keys=(RSA, P256, ED25519), cached={})
    for attack in ATTACKS:
        if not attack.settings:
            for token in attack.tokens():
                assert api.ask(token).status in (400, 401)
    assert PASSED == api.outcome(sign())
    assert 2 == api.fetches


def test_no_two_attacks_are_called_the_same() -> None:
    """The page shows each."""
    assert len(ATTACKS) == len({attack.name for attack in ATTACKS})
