"""Read one public key for signatures (RFC 7517, RFC 7518 section 6, RFC 8037).

The only file that knows joserfc. A key is checked once, when it is read; what is left for each signature is
the library's own verification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwa import JWS_ALGORITHMS
from joserfc.jwk import ECKey, OKPKey, RSAKey

from bearerguard.keys import ALGORITHMS
from bearerguard.wire.base64url import decode_base64url
from bearerguard.wire.claims import find_text

MIN_RSA_BITS = 2048  # RFC 7518 section 3.3; smaller ones have been factored, or soon will be
MAX_RSA_BITS = 16_384  # one verification takes a millisecond, and OpenSSL takes none larger

# As in Go. Everybody uses 65,537, some use 3; a larger one only makes each verification slower.
MAX_RSA_EXPONENT = 2**31 - 1

# Whoever has one of these can sign or decrypt (RFC 7518 section 6, RFC 9964).
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "priv"})

RSA_ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})

# By kind and curve: the algorithms, and the bytes of their signatures (RFC 7518 section 3.4, RFC 8032). On
# one curve EdDSA is another name for the same (RFC 9864 section 2.2).
CURVES: Final = {
    ("EC", "P-256"): (frozenset({"ES256"}), 64),
    ("EC", "P-384"): (frozenset({"ES384"}), 96),
    ("EC", "P-521"): (frozenset({"ES512"}), 132),
    ("OKP", "Ed25519"): (frozenset({"Ed25519", "EdDSA"}), 64),
    ("OKP", "Ed448"): (frozenset({"Ed448", "EdDSA"}), 114),
}

# Points of small order, without their sign bit. With such a key, which an all-zero placeholder is, signatures
# can be good that nobody has made; the library takes them.
_P_25519, _P_448 = 2**255 - 19, 2**448 - 2**224 - 1
_Y_OF_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = {
    "Ed25519": {0, 1, _P_25519 - 1, _P_25519, _P_25519 + 1, _Y_OF_ORDER_8, _P_25519 - _Y_OF_ORDER_8},
    "Ed448": {0, 1, _P_448 - 1, _P_448, _P_448 + 1},
}

_CLASSES: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_MODELS = {model.name: model for model in JWS_ALGORITHMS if model.name in ALGORITHMS}


class UnusableKey(ValueError):
    """A key that verifies no signature for us; the message is fixed text that says why."""


class OtherKey(UnusableKey):
    """Nothing is wrong with it: it is for another purpose, or of a kind that we do not know."""


class ExposedKey(UnusableKey):
    """It holds a secret, which everybody has who has read it."""


@dataclass(frozen=True, slots=True)
class SignatureKey:
    """A public key: equal to another one that verifies the same signatures under the same name."""

    kid: str | None
    algorithms: frozenset[str]
    thumbprint: str  # RFC 7638
    _signature_bytes: int = field(repr=False, compare=False)
    _key: RSAKey | ECKey | OKPKey = field(repr=False, compare=False)

    def fits(self, algorithm: str) -> bool:
        return algorithm in self.algorithms

    def verify(self, algorithm: str, signing_input: bytes, signature: bytes) -> bool:
        return (
            algorithm in self.algorithms
            and len(signature) == self._signature_bytes
            and _MODELS[algorithm].verify(signing_input, signature, self._key)
        )


def read_jwk(members: Mapping[str, Any]) -> SignatureKey:
    """Read a JSON Web Key. Raises UnusableKey and its kinds.

    Does not: look at certificates in it (`x5c`, `x5u`), nor hand them to the library.
    """
    kty, crv = _find_text(members, "kty"), _find_text(members, "crv")
    _check_exposure(members, kty)
    _check_purpose(members)
    if kty == "RSA":
        public, signature_bytes = _read_rsa(members)
        fitting = RSA_ALGORITHMS
    elif kty is not None and crv is not None and (kty, crv) in CURVES:
        fitting, signature_bytes = CURVES[kty, crv]
        public = _read_point(members, kty, crv, signature_bytes)
    else:
        raise OtherKey("its kind or its curve is none that we know")
    algorithms = _agree(fitting, _find_text(members, "alg"))
    try:
        key = _CLASSES[kty].import_key(public)
    except (ValueError, JoseError, UnsupportedAlgorithm) as error:  # such as a point that is on no curve
        raise UnusableKey("its numbers are no key of its kind") from error
    return SignatureKey(_find_text(members, "kid"), algorithms, key.thumbprint(), signature_bytes, key)


def _check_exposure(members: Mapping[str, Any], kty: str | None) -> None:
    if kty == "oct" or "k" in members:
        raise ExposedKey("it is a shared secret")
    if not PRIVATE_MEMBERS.isdisjoint(members):
        raise ExposedKey("it is a private key")


def _check_purpose(members: Mapping[str, Any]) -> None:
    operations = members.get("key_ops", ["verify"])
    if not isinstance(operations, list):
        raise UnusableKey("its key_ops is not a list")
    if "verify" not in operations or _find_text(members, "use") not in (None, "sig"):
        raise OtherKey("it is not for signatures: see its use and key_ops")


def _agree(fitting: frozenset[str], alg: str | None) -> frozenset[str]:
    """Give the algorithms that its kind and its own `alg` allow."""
    if alg is None or (alg in fitting and "EdDSA" in fitting):
        return fitting
    if alg in fitting:
        return frozenset({alg})
    if alg in ALGORITHMS:
        raise UnusableKey("its alg does not fit its kind")
    raise OtherKey("its alg is none that we know")


def _read_rsa(members: Mapping[str, Any]) -> tuple[dict[str, str | list[str]], int]:
    modulus, exponent = (int.from_bytes(_decode(members, name)) for name in ("n", "e"))
    bits = modulus.bit_length()
    if bits < MIN_RSA_BITS:
        raise UnusableKey(f"its modulus has fewer than {MIN_RSA_BITS} bits")
    if bits > MAX_RSA_BITS:
        raise UnusableKey(f"its modulus has more than {MAX_RSA_BITS} bits")
    if modulus % 2 == 0:
        raise UnusableKey("its modulus is even")
    if exponent % 2 == 0 or not 3 <= exponent <= MAX_RSA_EXPONENT:
        raise UnusableKey(f"its exponent is not an odd number from 3 to {MAX_RSA_EXPONENT}")
    return {"kty": "RSA", "n": members["n"], "e": members["e"]}, (bits + 7) // 8


def _read_point(
    members: Mapping[str, Any], kty: str, crv: str, signature_bytes: int
) -> dict[str, str | list[str]]:
    size = signature_bytes // 2  # a signature is as long as two coordinates
    if kty == "OKP":
        octets = _decode(members, "x")
        if len(octets) != size:
            raise UnusableKey(f"its x is not {size} bytes")
        if int.from_bytes(octets, "little") % 2 ** (8 * size - 1) in _SMALL_ORDER[crv]:
            raise UnusableKey("its x is a point of small order")
        return {"kty": kty, "crv": crv, "x": members["x"]}
    for name in ("x", "y"):
        # Not shorter either, by RFC 7518 section 6.2.1.2; but some libraries have left out zeros in front.
        if len(_decode(members, name)) > size:
            raise UnusableKey(f"its {name} is more than {size} bytes")
    return {"kty": kty, "crv": crv, "x": members["x"], "y": members["y"]}


def _decode(members: Mapping[str, Any], name: str) -> bytes:
    text = _find_text(members, name)
    if text is None:
        raise UnusableKey(f"its {name} is missing")
    try:
        return decode_base64url(text.encode())
    except ValueError as error:
        raise UnusableKey(f"its {name} is {error}") from None


def _find_text(members: Mapping[str, Any], name: str) -> str | None:
    try:
        return find_text(members, name)
    except ValueError as error:
        raise UnusableKey(f"its {error}") from None
