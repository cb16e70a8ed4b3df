"""Any tokens at all: a JWT verifier vouches, passes on or refuses, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bearerguard import AccessToken, InvalidToken, JwtVerifier
from bearerguard.flow import run
from bearerguard.keys.static import StaticKeys
from tests.signing import ED25519, ISSUER, RSA, access_claims, key_set, sign
from tests.support import RESOURCE, Clock, credentials

GOOD = sign(key=ED25519)
PLAIN, PROFILE = (
    JwtVerifier(issuer=ISSUER, keys=StaticKeys(key_set(RSA, ED25519)), typ=typ, now=Clock())
    for typ in (("JWT", "at+jwt"), ("at+jwt",))
)
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/=~"

values: Any = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=9),
        st.sampled_from([ISSUER, RESOURCE, "Bearer", "at+jwt", "JWT", "Ed25519", "ed25519", "none"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def members(*names: str) -> Any:
    """Some of these with any value, or without."""
    return st.dictionaries(st.sampled_from(names), values | st.just(...), max_size=4)


def said(token: str, verifier: JwtVerifier = PROFILE) -> AccessToken | None:
    """What a verifier says of a token; None is a refusal too."""
    try:
        return run(verifier.verify(credentials(token)))
    except InvalidToken:
        return None


def test_the_token_is_good_before_it_is_changed() -> None:
    """Else the rest would say nothing."""
    assert said(GOOD) is not None


@settings(deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), character=st.sampled_from(CHARACTERS))
@example(at=len(GOOD) - 1, character="_")
@example(at=GOOD.index("."), character="A")
def test_no_token_with_another_character_passes(at: int, character: str) -> None:
    """Not one, wherever it is."""
    changed = GOOD[:at] + character + GOOD[at + 1 :]
    assert (said(changed) is not None) == (changed == GOOD)


@settings(deadline=None)
@given(start=st.integers(0, len(GOOD)), end=st.integers(0, len(GOOD)), piece=st.text(CHARACTERS, max_size=9))
def test_no_token_with_another_piece_passes(start: int, end: int, piece: str) -> None:
    """Cut out, put in, doubled."""
    changed = GOOD[:start] + piece + GOOD[end:]
    assert (said(changed) is not None) == (changed == GOOD)


@settings(deadline=None)
@given(
    claims=members("iss", "aud", "exp", "nbf", "iat", "sub", "client_id", "jti", "scope", "cnf", "typ", "azp")
)
def test_any_claims_are_facts_or_refused(claims: dict[str, Any]) -> None:
    """And the facts are those of our issuer, with an expiry and an audience."""
    for verifier, header in ((PROFILE, {}), (PLAIN, {"typ": "JWT"})):
        facts = said(sign(access_claims(**claims), key=ED25519, header=header), verifier)
        if facts is not None:
            assert (ISSUER, True) == (facts.issuer, bool(facts.audience))
            assert facts.expires_at is not None
            assert facts.expires_at >= 0
            assert facts.subject is None or isinstance(facts.subject, str)


@settings(deadline=None)
@given(header=members("alg", "typ", "kid", "crit", "b64", "jwk", "jku", "x5c", "cty", "zip", "enc"))
def test_any_header_is_good_or_refused(header: dict[str, Any]) -> None:
    """And a good one names an algorithm that fits the key, and a type that is accepted."""
    facts = said(sign(key=ED25519, header=header))
    if facts is not None:
        usual = {"alg": "Ed25519", "typ": "at+jwt", **header}
        assert usual["alg"] in ("Ed25519", "EdDSA")
        assert usual["typ"].lower() in ("at+jwt", "application/at+jwt")


@settings(deadline=None)
@given(octets=st.binary(max_size=200))
def test_any_octets_as_claims_are_refused(octets: bytes) -> None:
    """With a good signature over them."""
    assert said(sign(octets, key=ED25519)) is None
