"""A set of keys: which of them may have made a signature, and what is no set (RFC 7517 section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.keys._key_set import MAX_KEYS, MAX_TRIED, KeySet, read_key_set
from bearerguard.keys.jwk import read_jwk
from tests.keys.material import jwk


def of(*keys: dict[str, Any]) -> KeySet:
    return KeySet(read_jwk(key) for key in keys)


def kids(found: Any) -> list[str | None] | None:
    return None if found is None else [key.kid for key in found]


TWO = of(jwk("RSA", kid="a"), jwk("P-256", kid="b"))


@pytest.mark.parametrize(
    ("kid", "algorithm", "expected"),
    [
        ("a", "RS256", ["a"]),
        ("a", "PS512", ["a"]),
        ("b", "ES256", ["b"]),
        ("a", "ES256", []),
        ("b", "RS256", []),
        ("a", "none", []),
        ("c", "RS256", None),
        ("A", "RS256", None),
        ("", "RS256", None),
        (None, "RS256", ["a"]),
        (None, "ES256", ["b"]),
        (None, "ES384", None),
        (None, "none", None),
    ],
)
def test_a_name_means_one_key(kid: str | None, algorithm: str, expected: list[str] | None) -> None:
    """None says that a newer set might know it: not of a key that is there and does not fit."""
    assert expected == kids(TWO.find(kid, algorithm))
    assert [] == kids(TWO.find_nameless(algorithm))


def test_where_no_key_has_a_name_every_name_means_any() -> None:
    """As with a key in a PEM."""
    keys = of(jwk("RSA"), jwk("RSA", 1), jwk("P-256"))
    for kid in (None, "a", ""):
        assert [2, 1] == [len(keys.find(kid, one) or ()) for one in ("RS256", "ES256")]
        assert keys.find(kid, "ES384") is None


def test_a_key_without_a_name_among_others_may_be_meant_by_an_unknown_one() -> None:
    """Once a newer set does not know it either."""
    keys = of(jwk("RSA", kid="a"), jwk("RSA", 1))
    assert (["a"], ["a", None]) == (kids(keys.find("a", "RS256")), kids(keys.find(None, "RS256")))
    assert (None, [None]) == (kids(keys.find("b", "RS256")), kids(keys.find_nameless("RS256")))


def test_one_name_for_two_keys_means_both() -> None:
    """In the order of the set; only those that fit."""
    keys = of(jwk("RSA", kid="a"), jwk("P-256", kid="a"), jwk("RSA", 1, kid="a"))
    found = keys.find("a", "RS256") or ()
    assert [read_jwk(jwk("RSA", one, kid="a")) for one in (0, 1)] == list(found)


def test_no_more_keys_are_tried_than_a_token_is_worth() -> None:
    """Each costs a verification."""
    keys = of(*(jwk("P-256", number, kid=kid) for number in range(6) for kid in ("a", f"a{number}")))
    assert 4 == MAX_TRIED == len(keys.find("a", "ES256") or ()) == len(keys.find(None, "ES256") or ())
    assert ["a5"] == kids(keys.find("a5", "ES256"))


def test_the_same_key_twice_is_one() -> None:
    """So it is tried once."""
    assert 1 == len(of(jwk("RSA", kid="a"), jwk("RSA", kid="a")).keys)
    assert 2 == len(of(jwk("RSA", kid="a", alg="RS256"), jwk("RSA", kid="a", alg="PS256")).keys)


def test_one_bad_key_costs_itself_only() -> None:
    """It is named by its number, and why."""
    entries: list[Any] = [
        jwk("RSA", kid="a"),
        "a",
        jwk("RSA", n="AQAB"),
        jwk("RSA", use="enc"),
        jwk("P-256", kid="b"),
        {"kty": "oct", "k": "AAAA"},
    ]
    read = read_key_set({"keys": entries, "x": 5})
    assert ["a", "b"] == kids(read.keys.keys)
    assert [
        (2, "it is not an object"),
        (3, "its modulus has fewer than 2048 bits"),
        (4, "it is not for signatures: see its use and key_ops"),
        (6, "it is a shared secret"),
    ] == [(number, str(error)) for number, error in read.unusable]


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": None}, {"keys": "x"}, jwk("RSA")])
def test_what_has_no_list_of_keys_is_no_set(document: dict[str, Any]) -> None:
    """One key is none either, from an issuer."""
    with pytest.raises(ValueError, match=r"^keys is not a list$"):
        read_key_set(document)


def test_a_set_of_too_many_is_none() -> None:
    """Reading them would take longer than anybody should wait."""
    assert 64 == MAX_KEYS == len(read_key_set({"keys": [{}] * 64}).unusable)
    with pytest.raises(ValueError, match=r"^it has more than 64 keys$"):
        read_key_set({"keys": [{}] * 65})
