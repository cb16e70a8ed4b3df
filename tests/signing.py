"""Keys of every kind, made once a process, and tokens signed with them: good ones and all others."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support import RESOURCE, START

ISSUER = "https://as.example.org"

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@dataclass(frozen=True)
class SigningKey:
    """A key pair of an issuer; it is made when it is first needed."""

    kid: str
    kind: str
    """RSA, a curve's name, or RSA with a number of bits: RSA-1024."""
    algorithm: str
    """The one that it signs with, unless told otherwise."""

    @cached_property
    def private(self) -> Any:
        if self.kind.startswith("RSA"):
            return rsa.generate_private_key(65_537, int(self.kind.partition("-")[2] or 2048))
        if self.kind in _CURVES:
            return ec.generate_private_key(_CURVES[self.kind])
        return {"Ed25519": ed25519.Ed25519PrivateKey, "Ed448": ed448.Ed448PrivateKey}[self.kind].generate()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key, as an issuer publishes it (RFC 7517)."""
        public = self.private.public_key()
        if self.kind.startswith("RSA"):
            numbers = public.public_numbers()
            members = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        elif self.kind in _CURVES:
            numbers, size = public.public_numbers(), self._coordinate_bytes
            members = {"kty": "EC", "crv": self.kind}
            members |= {"x": _number(numbers.x, size), "y": _number(numbers.y, size)}
        else:
            raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
            members = {"kty": "OKP", "crv": self.kind, "x": encode(raw)}
        return {**members, "kid": self.kid, "use": "sig"}

    def public_bytes(self, encoding: Encoding) -> bytes:
        """The public key in PEM or DER."""
        found: bytes = self.private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        return found

    def sign(self, content: bytes, algorithm: str | None = None) -> bytes:
        """Sign, as an algorithm has it that fits the key (RFC 7518 section 3)."""
        algorithm = algorithm or self.algorithm
        if self.kind.startswith("RSA"):
            return self._sign_rsa(content, algorithm)
        if self.kind in _CURVES:
            der = self.private.sign(content, ec.ECDSA(_HASHES[algorithm[2:]]))
            return b"".join(
                part.to_bytes(self._coordinate_bytes, "big") for part in decode_dss_signature(der)
            )
        found: bytes = self.private.sign(content)
        return found

    def _sign_rsa(self, content: bytes, algorithm: str) -> bytes:
        digest = _HASHES[algorithm[2:]]
        scheme = (
            padding.PSS(padding.MGF1(digest), digest.digest_size)
            if algorithm.startswith("PS")
            else padding.PKCS1v15()
        )
        found: bytes = self.private.sign(content, scheme, digest)
        return found

    @property
    def _coordinate_bytes(self) -> int:
        return (int(self.kind.partition("-")[2]) + 7) // 8


RSA = SigningKey("rsa", "RSA", "RS256")
OTHER_RSA = SigningKey("other-rsa", "RSA", "RS256")
PSS = SigningKey("pss", "RSA", "PS256")
P256 = SigningKey("p256", "P-256", "ES256")
P384 = SigningKey("p384", "P-384", "ES384")
P521 = SigningKey("p521", "P-521", "ES512")
ED25519 = SigningKey("ed25519", "Ed25519", "Ed25519")
ED448 = SigningKey("ed448", "Ed448", "Ed448")


def encode(octets: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def key_set(*keys: SigningKey, **members: Any) -> dict[str, Any]:
    """A JWK Set of these keys' public halves; members are added to each."""
    return {"keys": [{**key.jwk, **members} for key in keys]}


def access_claims(**changes: Any) -> dict[str, Any]:
    """What an access token for our API says (RFC 9068 section 2.2); a claim that is `...` is left out."""
    claims = {
        "iss": ISSUER,
        "sub": "alice",
        "client_id": "app",
        "aud": RESOURCE,
        "jti": "a-token",
        "iat": int(START) - 60,
        "exp": int(START) + 3600,
        "scope": "tag rating",
    }
    return _without({**claims, **changes})


def text_of(claims: Mapping[str, Any]) -> str:
    """Claims as JSON, to be changed by hand."""
    return json.dumps(claims, separators=(",", ":"))


def sign(
    claims: Mapping[str, Any] | bytes | None = None,
    *,
    header: Mapping[str, Any] | bytes | None = None,
    key: SigningKey = RSA,
    algorithm: str | None = None,
) -> str:
    """Sign a token (RFC 7515 section 7.1).

    `header` adds to the usual one, in which a member that is `...` is left out; bytes are taken as they
    are, in the header and in the claims.
    """
    usual = {"alg": algorithm or key.algorithm, "typ": "at+jwt", "kid": key.kid}
    head = header if isinstance(header, bytes) else _without({**usual, **(header or {})})
    body = access_claims() if claims is None else claims
    content = f"{encode(_octets_of(head))}.{encode(_octets_of(body))}"
    return f"{content}.{encode(key.sign(content.encode('ascii'), algorithm))}"


def claiming(**changes: Any) -> str:
    """An access token of our issuer, but for these claims; one that is `...` is left out."""
    return sign(access_claims(**changes))


def _octets_of(members: Mapping[str, Any] | bytes) -> bytes:
    return members if isinstance(members, bytes) else text_of(members).encode("utf-8")


def _without(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in members.items() if member is not ...}


def _number(number: int, size: int | None = None) -> str:
    return encode(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))
