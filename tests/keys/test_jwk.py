"""One JSON Web Key: what it fits, and what is no key for us (RFC 7517, RFC 7518 section 6, RFC 8037)."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from bearerguard.keys import ALGORITHMS
from bearerguard.keys.jwk import (
    _MODELS,
    CURVES,
    MAX_RSA_EXPONENT,
    RSA_ALGORITHMS,
    ExposedKey,
    OtherKey,
    UnusableKey,
    read_jwk,
)
from tests.keys.material import KINDS, MESSAGE, MODELS, decoded, encoded, jwk, private_key, sign

MODULUS = secrets.randbits(2048) | 1 << 2047 | 1
P_256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
each_kind = pytest.mark.parametrize("kind", KINDS)


def reason(members: dict[str, Any], kind: type[UnusableKey] = UnusableKey) -> str:
    """Why this is no key for us."""
    with pytest.raises(UnusableKey) as caught:
        read_jwk(members)
    assert kind is type(caught.value)
    return str(caught.value)


def rsa(modulus: int = MODULUS, exponent: int = 65_537) -> dict[str, Any]:
    return {"kty": "RSA", "n": encoded(modulus), "e": encoded(exponent)}


@each_kind
def test_a_key_fits_the_algorithms_of_its_kind(kind: str) -> None:
    """And of them all; nothing else is verified with it, whatever a token says."""
    key = read_jwk(jwk(kind))
    assert set(KINDS[kind]) == key.algorithms == {one for one in (*MODELS, "x", "") if key.fits(one)}
    for algorithm in KINDS[kind]:
        assert key.verify(algorithm, MESSAGE, sign(algorithm, kind))
    for other in set(MODELS) - set(KINDS[kind]):
        assert not key.verify(other, MESSAGE, b"")
        assert not key.verify(other, MESSAGE, sign(KINDS[kind][0], kind))


def test_the_door_names_every_algorithm_that_a_key_can_fit() -> None:
    """None of them is symmetric."""
    assert RSA_ALGORITHMS.union(*(algorithms for algorithms, _ in CURVES.values())) == ALGORITHMS
    assert {"none", "HS256", "HS384", "HS512", "ES256K"} == set(MODELS) - ALGORITHMS


@pytest.mark.parametrize("algorithm", KINDS["RSA"])
def test_another_rsa_algorithm_makes_another_signature(algorithm: str) -> None:
    """A signature is good for the one it was made with."""
    key = read_jwk(jwk("RSA"))
    signature = sign(algorithm, "RSA")
    assert [algorithm] == [one for one in KINDS["RSA"] if key.verify(one, MESSAGE, signature)]


@each_kind
def test_alg_narrows_it_down(kind: str) -> None:
    """To that one; but EdDSA on one curve is another name for the same (RFC 9864 section 2.2)."""
    for algorithm in KINDS[kind]:
        expected = set(KINDS[kind]) if "EdDSA" in KINDS[kind] else {algorithm}
        assert expected == read_jwk(jwk(kind, alg=algorithm)).algorithms


@each_kind
def test_an_alg_of_another_kind_is_a_contradiction(kind: str) -> None:
    """Nobody can tell which of the two is meant."""
    for other in ALGORITHMS - set(KINDS[kind]):
        assert "its alg does not fit its kind" == reason(jwk(kind, alg=other))


OTHER_PURPOSE = "it is not for signatures: see its use and key_ops"
OTHER_ALG = "its alg is none that we know"
OTHER_KIND = "its kind or its curve is none that we know"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"use": "enc"}, OTHER_PURPOSE),
        ({"use": "SIG"}, OTHER_PURPOSE),
        ({"key_ops": []}, OTHER_PURPOSE),
        ({"key_ops": ["sign"]}, OTHER_PURPOSE),
        ({"key_ops": ["encrypt", "wrapKey"]}, OTHER_PURPOSE),
        ({"use": "enc", "key_ops": ["verify"]}, OTHER_PURPOSE),
        ({"use": "sig", "key_ops": ["encrypt"]}, OTHER_PURPOSE),
        *[({"alg": one}, OTHER_ALG) for one in ("RSA-OAEP", "RSA1_5", "HS256", "none", "rs256", "ES256K")],
        ({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}, OTHER_KIND),
        ({"kty": "rsa"}, OTHER_KIND),
        ({"kty": ...}, OTHER_KIND),
        ({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}, OTHER_KIND),
        ({"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"}, OTHER_KIND),
        ({"kty": "EC", "crv": "Ed25519", "x": "AA", "y": "AA"}, OTHER_KIND),
        ({"kty": "EC", "crv": ..., "x": "AA", "y": "AA"}, OTHER_KIND),
        ({"kty": "OKP", "crv": "X25519", "x": "AA"}, OTHER_KIND),
        ({"kty": "OKP", "crv": "P-256", "x": "AA"}, OTHER_KIND),
    ],
)
def test_a_key_for_something_else_is_left_alone(members: dict[str, Any], expected: str) -> None:
    """Nothing is wrong with it (RFC 7517 section 5)."""
    assert expected == reason(jwk("RSA", **members), OtherKey)


@pytest.mark.parametrize(
    "members", [{"use": "sig"}, {"key_ops": ["verify"]}, {"use": "sig", "key_ops": ["sign", "verify"]}]
)
def test_a_key_that_says_that_it_is_for_signatures_is(members: dict[str, Any]) -> None:
    """In either member, or in both."""
    assert read_jwk(jwk("RSA", **members)).fits("RS256")


@each_kind
def test_a_private_key_is_never_taken_for_a_public_one(kind: str) -> None:
    """Whoever has read it can sign; any of its members gives it away, for whatever it is meant."""
    assert "it is a private key" == reason(private_key(kind).as_dict(private=True), ExposedKey)
    for member in ("d", "p", "q", "dp", "dq", "qi", "oth", "priv"):
        assert "it is a private key" == reason(jwk(kind, **{member: None, "use": "enc"}), ExposedKey)


@pytest.mark.parametrize(
    "members", [{"kty": "oct", "k": "AAAA"}, {"kty": "oct"}, {**rsa(), "k": ""}, {"kty": "x", "k": 1}]
)
def test_a_shared_secret_is_no_key(members: dict[str, Any]) -> None:
    """Nothing is ever compared with an HMAC here."""
    assert "it is a shared secret" == reason(members, ExposedKey)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (rsa(2**2047 - 1), "its modulus has fewer than 2048 bits"),
        (rsa(2**1024 + 1), "its modulus has fewer than 2048 bits"),
        (rsa(3), "its modulus has fewer than 2048 bits"),
        (rsa(2**16_384 + 1), "its modulus has more than 16384 bits"),
        (rsa(2**300_000 + 1), "its modulus has more than 16384 bits"),
        (rsa(2**2047), "its modulus is even"),
        *[
            (rsa(exponent=one), f"its exponent is not an odd number from 3 to {MAX_RSA_EXPONENT}")
            for one in (1, 2, 4, 65_536, MAX_RSA_EXPONENT + 2, 2**2000 + 1)
        ],
        ({**rsa(), "e": "AA"}, f"its exponent is not an odd number from 3 to {MAX_RSA_EXPONENT}"),
        ({"kty": "RSA", "e": "AQAB"}, "its n is missing"),
        ({"kty": "RSA", "n": encoded(MODULUS)}, "its e is missing"),
    ],
)
def test_an_rsa_key_is_neither_weak_nor_endless(members: dict[str, Any], expected: str) -> None:
    """An exponent of 1 makes every text its own signature; a huge number makes each verification slow."""
    assert expected == reason(members)


@pytest.mark.parametrize("exponent", [3, 17, 65_537, MAX_RSA_EXPONENT])
@pytest.mark.parametrize("modulus", [2**2047 + 1, 2**16_384 - 1], ids=["small", "large"])
def test_an_rsa_key_at_the_bounds_is_taken(modulus: int, exponent: int) -> None:
    """Whether it is the product of two primes nobody can see."""
    key = read_jwk(rsa(modulus, exponent))
    length = (modulus.bit_length() + 7) // 8
    assert [False] * 3 == [
        key.verify("RS256", MESSAGE, bytes(size)) for size in (length - 1, length, length + 1)
    ]


def test_zeros_in_front_of_a_modulus_change_nothing() -> None:
    """Java's numbers begin with one."""
    members = jwk("RSA")
    key = read_jwk({**members, "n": encoded(b"\0" + decoded(members["n"]))})
    assert key.verify("RS256", MESSAGE, sign("RS256", "RSA"))


NOT_ON_THE_CURVE = "its numbers are no key of its kind"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"x": encoded(bytes(32)), "y": encoded(bytes(32))}, NOT_ON_THE_CURVE),
        ({"x": encoded(b"\1" * 32)}, NOT_ON_THE_CURVE),
        ({"x": encoded(b"\xff" * 32)}, NOT_ON_THE_CURVE),
        ({"crv": "P-384"}, NOT_ON_THE_CURVE),
        ({"x": encoded(b"\0" + decoded(jwk("P-256")["x"]))}, "its x is more than 32 bytes"),
        ({"y": encoded(decoded(jwk("P-256")["y"])[1:])}, NOT_ON_THE_CURVE),
        ({"x": encoded(int.from_bytes(decoded(jwk("P-256")["x"])) + P_256)}, "its x is more than 32 bytes"),
        ({"x": ...}, "its x is missing"),
        ({"y": ...}, "its y is missing"),
    ],
)
def test_a_point_is_on_its_curve(members: dict[str, Any], expected: str) -> None:
    """One elsewhere gives signatures away; and no coordinate is longer than the curve's."""
    assert expected == reason(jwk("P-256", **members))


def test_zeros_in_front_of_a_coordinate_may_be_missing() -> None:
    """As some servers write one key in two on P-521, and one in a hundred on P-256."""
    numbers = (private_key("P-521", number) for number in itertools.count())
    key = next(one for one in numbers if decoded(str(one["x"]))[0] == 0 or decoded(str(one["y"]))[0] == 0)
    members = key.as_dict(private=False)
    short = {name: encoded(decoded(str(members[name])).lstrip(b"\0")) for name in ("x", "y")}
    read = read_jwk({**members, **short})
    assert {**members, **short} != members
    assert read.verify("ES512", MESSAGE, MODELS["ES512"].sign(MESSAGE, key))  # type: ignore[arg-type]


def test_the_point_of_another_key_is_another_key() -> None:
    """Half of the one and half of the other is neither."""
    assert NOT_ON_THE_CURVE == reason(jwk("P-256", y=jwk("P-256", 1)["y"]))


@pytest.mark.parametrize(("kind", "length"), [("Ed25519", 32), ("Ed448", 57)])
def test_a_point_of_edwards_is_written_in_full(kind: str, length: int) -> None:
    """RFC 8037 section 2."""
    for octets in (length - 1, length + 1, 0):
        expected = f"its x is not {length} bytes" if octets else "its x is not a text"
        assert expected == reason(jwk(kind, x=encoded(b"\2" * octets)))


@pytest.mark.parametrize("sign_bit", [0, 0x80])
@pytest.mark.parametrize(
    ("kind", "y"),
    [
        *[("Ed25519", y) for y in (0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18)],
        (
            "Ed25519",
            int.from_bytes(
                bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
            ),
        ),
        (
            "Ed25519",
            int.from_bytes(
                bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
            ),
        ),
        *[("Ed448", y) for y in (0, 1, 2**448 - 2**224 - 2, 2**448 - 2**224 - 1, 2**448 - 2**224)],
    ],
)
def test_a_point_of_small_order_is_no_key(kind: str, y: int, sign_bit: int) -> None:
    """Signatures can be good for it that nobody has made."""
    octets = bytearray(y.to_bytes({"Ed25519": 32, "Ed448": 57}[kind], "little"))
    octets[-1] |= sign_bit
    assert "its x is a point of small order" == reason(
        {"kty": "OKP", "crv": kind, "x": encoded(bytes(octets))}
    )


def test_the_library_would_take_it_and_a_forged_signature_with_it() -> None:
    """Which is why we do not: this is the neutral element."""
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": encoded(b"\1" + bytes(31))})
    assert MODELS["Ed25519"].verify(b"anything", b"\1" + bytes(63), key)


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "A A", "A\n", "A+/A", "é", "AAAA="])
def test_a_number_is_canonical_base64url(text: str) -> None:
    """As a token's segments are."""
    assert "its n is not base64url" == reason(jwk("RSA", n=text))
    assert "its x is not base64url" == reason(jwk("Ed25519", x=text))


@pytest.mark.parametrize("name", ["kty", "kid", "alg", "use", "crv", "n", "e"])
@pytest.mark.parametrize("value", [None, 5, True, "", ["RSA"], {}])
def test_a_member_that_should_be_a_text_is_one(name: str, value: Any) -> None:
    """And not an empty one."""
    assert f"its {name} is not a text" == reason(jwk("RSA", **{name: value}))


@pytest.mark.parametrize("value", [None, "verify", {"verify": True}, 5])
def test_operations_are_a_list(value: Any) -> None:
    """RFC 7517 section 4.3."""
    assert "its key_ops is not a list" == reason(jwk("RSA", key_ops=value))


def test_members_that_nobody_needs_change_nothing() -> None:
    """Certificates in a key are not read, nor handed on."""
    odd: dict[str, Any] = {"x5c": 5, "x5u": "http://evil.example.org", "x5t": [], "iat": None, "crv": "x"}
    key = read_jwk(jwk("RSA", **odd, kid="a"))
    assert read_jwk(jwk("RSA", kid="a")) == key
    assert key.verify("RS256", MESSAGE, sign("RS256", "RSA"))


def test_keys_are_equal_that_verify_the_same_under_the_same_name() -> None:
    """So a set can be compared with the last one."""
    key = read_jwk(jwk("RSA", kid="a"))
    assert key == read_jwk(jwk("RSA", kid="a"))
    assert hash(key) == hash(read_jwk(jwk("RSA", kid="a")))
    for other in (jwk("RSA", kid="b"), jwk("RSA"), jwk("RSA", 1, kid="a"), jwk("RSA", kid="a", alg="RS256")):
        assert key != read_jwk(other)


def test_a_key_shows_little_of_itself() -> None:
    """It is public, and long."""
    key = read_jwk(jwk("Ed448", kid="a"))
    algorithms = frozenset({"Ed448", "EdDSA"})
    shown = f"SignatureKey(kid='a', algorithms={algorithms!r}, thumbprint={key.thumbprint!r})"
    assert {len(shown)} == {len(repr(key))}


@each_kind
def test_a_signature_of_another_length_never_gets_as_far_as_the_library(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever that would say (RFC 7518 section 3.4)."""

    class Credulous:
        def verify(self, message: bytes, signature: bytes, key: object) -> bool:
            return True

    key = read_jwk(jwk(kind))
    length = len(sign(KINDS[kind][0], kind))
    for algorithm in ALGORITHMS:
        monkeypatch.setitem(_MODELS, algorithm, Credulous())
    for algorithm in ALGORITHMS:
        found = [size for size in range(300) if key.verify(algorithm, MESSAGE, bytes(size))]
        assert ([length] if algorithm in KINDS[kind] else []) == found
