"""Keys of each kind, made once a process, and what they sign."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from joserfc.jwa import JWS_ALGORITHMS
from joserfc.jwk import ECKey, OKPKey, RSAKey

from bearerguard.clients import HttpResponse
from bearerguard.wire.base64url import decode_base64url, encode_base64url

MODELS = {model.name: model for model in JWS_ALGORITHMS}

KINDS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("Ed25519", "EdDSA"),
    "Ed448": ("Ed448", "EdDSA"),
}
MESSAGE = b"header.payload"


def private_key(kind: str, number: int = 0) -> RSAKey | ECKey | OKPKey:
    """A private key; another number is another key."""
    return _made(kind, number)


@cache
def _made(kind: str, number: int) -> RSAKey | ECKey | OKPKey:
    if kind == "RSA":
        return RSAKey.generate_key(2048)
    if kind in ("P-256", "P-384", "P-521"):
        return ECKey.generate_key(kind)
    return OKPKey.generate_key(kind)  # type: ignore[arg-type]


def jwk(kind: str, number: int = 0, **members: Any) -> dict[str, Any]:
    """The public key as a JSON Web Key; a member that is `...` is left out."""
    found = {**private_key(kind, number).as_dict(private=False), **members}
    return {name: member for name, member in found.items() if member is not ...}


def sign(algorithm: str, kind: str, number: int = 0, message: bytes = MESSAGE) -> bytes:
    signature: bytes = MODELS[algorithm].sign(message, private_key(kind, number))  # type: ignore[arg-type]
    return signature


def encoded(octets: bytes | int) -> str:
    """Base64url, of a number in as few octets as it takes."""
    if isinstance(octets, int):
        octets = octets.to_bytes((octets.bit_length() + 7) // 8)
    return encode_base64url(octets).decode()


def decoded(text: str) -> bytes:
    return decode_base64url(text.encode())


def key_set(*keys: Any, cache_control: str | None = None, age: str | None = None) -> HttpResponse:
    """An answer with these keys."""
    fields = {"content-type": "application/json"}
    fields |= {} if cache_control is None else {"cache-control": cache_control}
    fields |= {} if age is None else {"age": age}
    return HttpResponse(status=200, fields=fields, content=json.dumps({"keys": keys}).encode())
