"""Signed access tokens of one issuer (RFC 9068): what passes, and whose they are."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard import AccessToken, JwtVerifier
from bearerguard.flow import run
from bearerguard.keys.static import StaticKeys
from bearerguard.verifiers import ASK
from tests.signing import (
    ED448,
    ED25519,
    ISSUER,
    P256,
    P384,
    P521,
    PSS,
    RSA,
    SigningKey,
    access_claims,
    claiming,
    key_set,
    sign,
)
from tests.support import RESOURCE, START, Clock, credentials
from tests.verifiers.verifying import NAME, PASSED, Api, Edge, refused


def facts_of(claims: dict[str, Any], **settings: Any) -> AccessToken | None:
    """What a verifier with this issuer's keys says of a token."""
    verifier = JwtVerifier(**{"issuer": ISSUER, "keys": StaticKeys(key_set(RSA)), "now": Clock(), **settings})
    return run(verifier.verify(credentials(sign(claims))))


def test_what_a_token_says_are_the_facts() -> None:
    """Whom it speaks for, how far, for whom, how long, and who vouches."""
    claims = access_claims(nbf=START - 60, cnf={"jkt": "x"}, groups=["staff"])
    expected = AccessToken(
        subject="alice",
        client_id="app",
        scopes=frozenset({"tag", "rating"}),
        issuer=ISSUER,
        audience=(RESOURCE,),
        issued_at=START - 60,
        not_before=START - 60,
        expires_at=START + 3600,
        confirmation={"jkt": "x"},
        claims=claims,
        verifier=NAME,
    )
    assert expected == facts_of(claims)


def test_two_tokens_have_facts_of_their_own() -> None:
    """One is kept for each."""
    assert facts_of(access_claims()) is not facts_of(access_claims())


@pytest.mark.parametrize("key", [RSA, PSS, P256, ED25519], ids=lambda key: key.algorithm)
def test_a_token_of_each_usual_algorithm_passes(edge: Edge, key: SigningKey) -> None:
    """Without a setting (RFC 9068 section 2.1, RFC 8725 section 3.2)."""
    api = Api(edge)
    assert PASSED == api.outcome(sign(key=key))
    assert ("alice", {"tag", "rating"}) == (api.facts.subject, api.facts.scopes)


def test_ed25519_passes_under_its_older_name(edge: Edge) -> None:
    """EdDSA (RFC 8037), which RFC 9864 took back."""
    assert PASSED == Api(edge).outcome(sign(key=ED25519, header={"alg": "EdDSA"}))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *((RSA, name) for name in ("RS384", "RS512", "PS384", "PS512")),
        *((P384, "ES384"), (P521, "ES512"), (ED448, "Ed448")),
    ],
    ids=lambda one: one if isinstance(one, str) else one.kid,
)
def test_other_algorithms_pass_by_choice(edge: Edge, key: SigningKey, algorithm: str) -> None:
    """And only those."""
    token = sign(key=key, header={"alg": algorithm}, algorithm=algorithm)
    assert PASSED == Api(edge, keys=(key,), algorithms=(algorithm,)).outcome(token)
    not_accepted = refused("signed by an algorithm that is not accepted")
    assert not_accepted == Api(edge, keys=(key,)).outcome(token)


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "at+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_the_type_is_a_media_type(edge: Edge, typ: str) -> None:
    """In any case, with "application/" or without (RFC 9068 section 4, RFC 7515 section 4.1.9)."""
    assert PASSED == Api(edge).outcome(sign(header={"typ": typ}))


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "eyJ", "eyJ.x", "bg_token"])
def test_what_is_no_jwt_is_somebody_else_s(token: str) -> None:
    """None, and on the spot."""
    verifier = JwtVerifier(issuer=ISSUER, keys=StaticKeys(key_set(RSA)))
    assert (None, None) == (verifier.recall(token.encode()), run(verifier.verify(credentials(token))))


def test_a_token_of_another_issuer_is_somebody_else_s() -> None:
    """None: ask the next one."""
    verifier = JwtVerifier(issuer=ISSUER, keys=StaticKeys(key_set(RSA)))
    token = claiming(iss="https://other.example.org")
    assert (ASK, None) == (verifier.recall(token.encode()), run(verifier.verify(credentials(token))))


def test_nothing_of_a_token_is_logged(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """Not of a bad one either: the reason, and eight digits of its digest."""
    api = Api(edge)
    secret = "s3cr3t"
    with caplog.at_level(logging.DEBUG, "bearerguard"):
        for changes in ({}, {"exp": START - 1}, {"iss": f"https://{secret}.example.org"}, {"sub": 5}):
            api.ask(claiming(**{"jti": secret, "note": secret, **changes}))
            api.ask(sign(access_claims(note=secret), header={"kid": secret, "alg": secret}))
    shown = [one.getMessage() for one in caplog.records] + [
        repr(api.heard),
        repr(api.jwt),
        repr(vars(api.jwt)),
    ]
    assert [] == [text for text in shown if secret in text]
