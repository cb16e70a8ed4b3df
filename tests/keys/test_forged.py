"""Signatures that nobody has made, of the classes that Project Wycheproof knows, against each kind of key."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bearerguard.keys.jwk import SignatureKey, read_jwk
from tests.keys.material import KINDS, MESSAGE, decoded, jwk, private_key, sign

# The order of the group and the size of a number (SEC 2, FIPS 186-5).
CURVES = {
    "P-256": (0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551, 32),
    "P-384": (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        48,
    ),
    "P-521": (
        (1 << 521) - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
        66,
    ),
}
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
PAIRS = [(kind, algorithm) for kind, algorithms in KINDS.items() for algorithm in algorithms]
each_pair = pytest.mark.parametrize(("kind", "algorithm"), PAIRS)
each_curve = pytest.mark.parametrize("kind", CURVES)


def good(kind: str, algorithm: str, signature: bytes, message: bytes = MESSAGE) -> bool:
    """Whether the key takes this."""
    return read_jwk(jwk(kind)).verify(algorithm, message, signature)


def joined(kind: str, r: int, s: int) -> bytes:
    size = CURVES[kind][1]
    return r.to_bytes(size) + s.to_bytes(size)


@each_curve
def test_numbers_that_cannot_be_are_refused(kind: str) -> None:
    """Zero above all, which once was good for every key there is (CVE-2022-21449)."""
    (algorithm,) = KINDS[kind]
    order, size = CURVES[kind]
    signature = sign(algorithm, kind)
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    assert good(kind, algorithm, joined(kind, r, s))
    beyond = [0, 1, order - 1, order, order + 1, 2 ** (8 * size) - 1]
    for one in beyond:
        for other in (*beyond, r, s):
            assert not good(kind, algorithm, joined(kind, one, other))
            assert not good(kind, algorithm, joined(kind, other, one))


@each_curve
def test_a_number_plus_the_order_is_not_the_same_signature(kind: str) -> None:
    """Or one signature could be written in two ways."""
    (algorithm,) = KINDS[kind]
    order, size = CURVES[kind]
    signature = sign(algorithm, kind)
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    room = 2 ** (8 * size)
    written = [(r + order, s), (r, s + order), (r + order, s + order)]
    fitting = [joined(kind, *pair) for pair in written if max(pair) < room]
    assert fitting or kind != "P-521"
    assert not any(good(kind, algorithm, one) for one in fitting)


@each_curve
def test_der_is_not_the_form(kind: str) -> None:
    """RFC 7518 section 3.4 has the two numbers side by side, each of one length."""
    (algorithm,) = KINDS[kind]
    size = CURVES[kind][1]
    signature = sign(algorithm, kind)
    r, s = signature[:size], signature[size:]
    der = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    for form in (der, der[: 2 * size], der.ljust(2 * size, b"\0"), s + r, b"\0" + r + b"\0" + s):
        assert not good(kind, algorithm, form)


@each_curve
def test_a_signature_of_another_curve_is_none(kind: str) -> None:
    """Cut or filled up to the length of this one."""
    (algorithm,) = KINDS[kind]
    length = 2 * CURVES[kind][1]
    for other in CURVES.keys() - {kind}:
        signature = sign(KINDS[other][0], other)
        for form in (signature[:length], signature.ljust(length, b"\0"), signature.rjust(length, b"\0")):
            assert not good(kind, algorithm, form)


@each_pair
def test_a_signature_is_just_so_long(kind: str, algorithm: str) -> None:
    """Cut, filled up, or with a tail."""
    signature = sign(algorithm, kind)
    assert good(kind, algorithm, signature)
    forms = (b"", signature[:-1], signature[1:], signature + b"\0", b"\0" + signature, signature * 2)
    assert not any(good(kind, algorithm, form) for form in forms)


@each_pair
def test_the_same_key_signs_nothing_else(kind: str, algorithm: str) -> None:
    """Nor does another key sign the same."""
    assert not good(kind, algorithm, sign(algorithm, kind), MESSAGE + b"\0")
    assert not good(kind, algorithm, sign(algorithm, kind), b"")
    assert not good(kind, algorithm, sign(algorithm, kind, 1))


def test_the_scalar_of_edwards_is_below_the_order() -> None:
    """RFC 8032 section 5.1.7: or one signature could be written in two ways."""
    signature = sign("Ed25519", "Ed25519")
    scalar = int.from_bytes(signature[32:], "little")
    for one in (scalar + ED25519_ORDER, scalar + 2 * ED25519_ORDER, 2**256 - 1):
        assert not good("Ed25519", "Ed25519", signature[:32] + one.to_bytes(32, "little"))


def test_zeros_are_no_signature_of_edwards() -> None:
    """Nor is the neutral element with nothing added."""
    for kind, length in (("Ed25519", 32), ("Ed448", 57)):
        for point in (bytes(length), b"\1" + bytes(length - 1)):
            assert not good(kind, "EdDSA", point + bytes(length))


# DER of AlgorithmIdentifier SHA-256, as PKCS #1 version 1.5 has it (RFC 8017 section 9.2).
SHA_256 = bytes.fromhex("3031300d060960864801650304020105000420")
SHA_256_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201 0420".replace(" ", ""))


def forged_blocks() -> Iterator[tuple[str, bytes]]:
    """What stands before the digest in a block of 256 bytes, right first and then wrong."""
    digest = hashlib.sha256(MESSAGE).digest()
    info = SHA_256 + digest
    yield "good", b"\0\1" + b"\xff" * (253 - len(info)) + b"\0" + info
    yield (
        "without padding (Bleichenbacher 2006)",
        b"\0\1" + b"\xff" * 8 + b"\0" + info + b"\1" * (245 - len(info)),
    )
    yield "less padding, more in front", b"\0\1" + b"\xff" * (252 - len(info)) + b"\0\0" + info
    yield "another filling", b"\0\1" + b"\xfe" * (253 - len(info)) + b"\0" + info
    yield "block type 2", b"\0\2" + b"\xff" * (253 - len(info)) + b"\0" + info
    yield "block type 0", b"\0\0" + b"\0" * (253 - len(info)) + b"\0" + info
    yield "without the hash's name", b"\0\1" + b"\xff" * (253 - len(digest)) + b"\0" + digest
    short = SHA_256_WITHOUT_NULL + digest
    yield "without NULL", b"\0\1" + b"\xff" * (253 - len(short)) + b"\0" + short
    other = hashlib.sha256(MESSAGE + b"x").digest()
    yield "another digest", b"\0\1" + b"\xff" * (253 - len(info)) + b"\0" + SHA_256 + other


@pytest.mark.parametrize(("name", "block"), list(forged_blocks()))
def test_a_block_of_pkcs_1_has_one_form(name: str, block: bytes) -> None:
    """Signed with the true private key, so that only its form is wrong."""
    key = private_key("RSA").as_dict(private=True)
    modulus, exponent = (int.from_bytes(decoded(str(key[member]))) for member in ("n", "d"))
    signature = pow(int.from_bytes(block), exponent, modulus).to_bytes(256)
    assert 256 == len(block)
    assert (name == "good") == good("RSA", "RS256", signature)


def test_an_rsa_signature_is_below_the_modulus() -> None:
    """Or it could be written in two ways."""
    modulus = int.from_bytes(decoded(jwk("RSA")["n"]))
    for algorithm in KINDS["RSA"]:
        number = int.from_bytes(sign(algorithm, "RSA"))
        forms = [0, 1, modulus - 1, modulus, modulus + 1, 2**2048 - 1, number + modulus]
        for form in (one for one in forms if one < 2**2048):
            assert not good("RSA", algorithm, form.to_bytes(256))


ALL_KEYS: list[tuple[SignatureKey, str, int]] = []


def all_keys() -> list[tuple[SignatureKey, str, int]]:
    """Every key with each of its algorithms, and how long its signatures are."""
    if not ALL_KEYS:
        ALL_KEYS.extend((read_jwk(jwk(kind)), one, len(sign(one, kind))) for kind, one in PAIRS)
    return ALL_KEYS


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.randoms(use_true_random=False))
@example(b"\xff" * 300, secrets.SystemRandom())
def test_any_bytes_are_no_signature_and_no_error(octets: bytes, random: secrets.SystemRandom) -> None:
    """Of the right length, too."""
    for key, algorithm, length in all_keys():
        filled = octets[:length].ljust(length, bytes([random.randrange(256)]))
        assert not key.verify(algorithm, MESSAGE, filled)
        assert not key.verify(algorithm, MESSAGE, octets)
