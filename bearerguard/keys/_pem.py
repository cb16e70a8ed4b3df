"""Read the public key of a PEM file (RFC 7468): bare, or in a certificate."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bearerguard.wire.base64url import encode_base64url

BEGIN = "-----BEGIN "

_LABELS = re.compile(BEGIN + r"([A-Z0-9 ]+)-----")
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def read_pem(text: str) -> dict[str, str]:
    """Read the one key of a PEM text as the members of a JSON Web Key.

    Raises ValueError, whose message is fixed text. Does not: judge the key, or anything else that a
    certificate says, such as until when.
    """
    labels = _LABELS.findall(text)
    if any(label.endswith("PRIVATE KEY") for label in labels):
        raise ValueError("it is a private key; give its public part: openssl pkey -in private.pem -pubout")
    if len(labels) != 1:
        raise ValueError("it is not exactly one key")
    try:
        if labels == ["CERTIFICATE"]:
            key: object = x509.load_pem_x509_certificate(text.encode()).public_key()
        else:
            key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("it is no public key or certificate") from error
    return _members_of(key)


def _members_of(key: object) -> dict[str, str]:
    if isinstance(key, RSAPublicKey):
        rsa = key.public_numbers()
        return {"kty": "RSA", "n": _encode(rsa.n), "e": _encode(rsa.e)}
    if isinstance(key, EllipticCurvePublicKey):
        point = key.public_numbers()
        octets = (key.curve.key_size + 7) // 8
        crv = _CURVES.get(key.curve.name, "another")
        return {"kty": "EC", "crv": crv, "x": _encode(point.x, octets), "y": _encode(point.y, octets)}
    if isinstance(key, Ed25519PublicKey | Ed448PublicKey):
        crv = "Ed25519" if isinstance(key, Ed25519PublicKey) else "Ed448"
        return {"kty": "OKP", "crv": crv, "x": encode_base64url(key.public_bytes_raw()).decode()}
    return {"kty": "another"}


def _encode(number: int, octets: int | None = None) -> str:
    length = (number.bit_length() + 7) // 8 if octets is None else octets
    return encode_base64url(number.to_bytes(length)).decode()
