"""Tokens that nobody has signed, or somebody else, or by a means of his own choice."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import Encoding

from tests.signing import (
    ED25519,
    OTHER_RSA,
    P256,
    RSA,
    access_claims,
    claiming,
    encode,
    key_set,
    sign,
    text_of,
)


def unsigned(alg: str, signature: bytes = b"") -> str:
    """A token that nobody has signed."""
    header = json.dumps({"alg": alg, "typ": "at+jwt", "kid": RSA.kid})
    return f"{encode(header.encode())}.{encode(text_of(access_claims()).encode())}.{encode(signature)}"


def replaced(at: int, segment: str, token: str | None = None) -> str:
    """A good token, of which one segment is another."""
    segments = (token or sign()).split(".")
    segments[at] = segment
    return ".".join(segments)


# Nobody has signed it.


def none_at_all() -> Iterator[str]:
    for alg in ("none", "None", "NONE", "nOnE"):
        yield unsigned(alg)
    yield sign().rpartition(".")[0] + "."


def none_with_something() -> Iterator[str]:
    for alg in ("none", "None", "NONE", "nOnE", "none ", ""):
        yield sign(header={"alg": alg}, algorithm="RS256")
        yield unsigned(alg, b"x")
    yield sign(text_of(access_claims()).encode(), header=rb'{"alg":"n\u006fne","typ":"at+jwt"}')
    for space in (b" ", b"\t", b"\n", b"\r", b"\r\n  "):
        yield sign(header=space + b'{"alg":"none","typ":"at+jwt"}')


def symmetric() -> Iterator[str]:
    """The public key is public, so as a secret everybody has it (CVE-2015-9235, CVE-2016-10555)."""
    secrets = [RSA.public_bytes(Encoding.PEM), RSA.public_bytes(Encoding.DER)]
    secrets += [secrets[0].rstrip(), json.dumps(RSA.jwk).encode(), json.dumps(key_set(RSA)).encode(), b""]
    secrets += [P256.public_bytes(Encoding.PEM), ED25519.public_bytes(Encoding.PEM)]
    for alg in ("HS256", "HS384", "HS512", "hs256"):
        for secret in secrets:
            header = json.dumps({"alg": alg, "typ": "at+jwt", "kid": RSA.kid}).encode()
            content = f"{encode(header)}.{encode(text_of(access_claims()).encode())}"
            digest = getattr(hashlib, f"sha{alg[2:]}")
            yield f"{content}.{encode(hmac.digest(secret, content.encode(), digest))}"


def not_accepted() -> Iterator[str]:
    for alg in ("RS1", "RS384", "ES512", "ES256K", "rs256", "RSA-OAEP", "dir", "A128KW", "RS256 "):
        yield sign(header={"alg": alg}, algorithm="RS256")


# A key of somebody else's choice.


def other_kinds() -> Iterator[str]:
    for key in (RSA, P256, ED25519):
        for alg in {"RS256", "PS256", "ES256", "Ed25519", "EdDSA"} - {key.algorithm}:
            if alg not in ("PS256", "EdDSA") or key.kind not in ("RSA", "Ed25519"):
                yield sign(header={"alg": alg}, key=key, algorithm=key.algorithm)


def chosen_kid() -> Iterator[str]:
    for kid in (
        "../../../../dev/null",
        "/proc/sys/kernel/randomize_va_space",
        "' UNION SELECT 'secret' --",
        "https://evil.example.org/jwks.json",
        "| id",
        "rsa\x00",
        "RSA",
        "",
    ):
        yield sign(header={"kid": kid}, key=OTHER_RSA)


def odd_kid() -> Iterator[str]:
    for kid in (5, None, True, ["rsa"], {"rsa": "rsa"}, "k" * 1025):
        yield sign(header={"kid": kid})


def brought_along() -> Iterator[str]:
    """A key, or the place of one, in the token itself (CVE-2018-0114)."""
    evil = OTHER_RSA
    for member in (
        {"jwk": evil.jwk},
        {"jku": "https://evil.example.org/jwks.json"},
        {"jku": "https://as.example.org@evil.example.org/jwks.json"},
        {"x5u": "https://evil.example.org/chain.pem"},
        {"x5c": [encode(evil.public_bytes(Encoding.DER))]},
        {"x5t": "x", "x5t#S256": "x"},
    ):
        yield sign(header={"kid": RSA.kid, **member}, key=evil)
        yield sign(header={"kid": ..., **member}, key=evil)


# A signature of something else, or of nothing.


def psychic() -> Iterator[str]:
    """CVE-2022-21449: of r = s = 0 every signature was good; and r and s as other lists of numbers."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    good = sign(key=P256)
    for r, s in ((0, 0), (0, 1), (1, 0), (order, order), (order, 1), (1, order)):
        yield replaced(2, encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")), good)
    for signature in (b"\0", bytes(63), bytes(65), b"\x30\x06\x02\x01\x00\x02\x01\x00", bytes(96)):
        yield replaced(2, encode(signature), good)
    for key in (RSA, ED25519):
        yield replaced(2, encode(bytes(len(key.sign(b"x")))), sign(key=key))


def not_of_this() -> Iterator[str]:
    good, other = sign(), claiming(sub="mallory")
    yield replaced(2, other.split(".")[2], good)
    yield replaced(1, other.split(".")[1], good)
    yield replaced(0, sign(header={"x": 1}).split(".")[0], good)
    yield sign(key=OTHER_RSA, header={"kid": RSA.kid})
    yield sign(key=OTHER_RSA, header={"kid": ...})
