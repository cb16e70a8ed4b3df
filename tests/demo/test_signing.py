"""The demo's signed tokens and their forgeries: each is what its row says."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

pytest.importorskip("rich")

from bearerguard.demo.signing import Signer
from bearerguard.demo.wallet import RESOURCE
from bearerguard.flow import run
from bearerguard.keys.static import StaticKeys
from bearerguard.wire.base64url import decode_base64url

ISSUER = "https://127.0.0.1:4711"


@pytest.fixture
def signer() -> Signer:
    return Signer(ISSUER)


def parts_of(token: str) -> tuple[Any, Any, bytes]:
    header, claims, signature = token.encode().split(b".")
    return (
        json.loads(decode_base64url(header)),
        json.loads(decode_base64url(claims)),
        decode_base64url(signature),
    )


def is_signed(token: str, signer: Signer) -> bool:
    header, _, signature = parts_of(token)
    found = StaticKeys(dict(signer.published())).find(header["kid"], header["alg"])
    keys = found if isinstance(found, (tuple, list)) else run(found)  # type: ignore[arg-type]
    return any(key.verify(header["alg"], token.rpartition(".")[0].encode(), signature) for key in keys)


def test_a_token_is_of_the_profile_and_signed(signer: Signer) -> None:
    """RFC 9068 section 2.2: all that it asks for."""
    token = signer.sign("judy")
    header, claims, _ = parts_of(token)
    assert ("at+jwt", "ES256") == (header["typ"], header["alg"])
    assert {"iss", "sub", "client_id", "aud", "jti", "iat", "exp", "scope"} == set(claims)
    assert (ISSUER, "judy", RESOURCE) == (claims["iss"], claims["sub"], claims["aud"])
    assert is_signed(token, signer)


def test_only_public_keys_are_published(signer: Signer) -> None:
    """RFC 7517 section 4: none has a private member."""
    signer.rotate()
    keys = signer.published()["keys"]
    assert [{"kty", "crv", "x", "y", "use", "alg", "kid"}] * 2 == [set(key) for key in keys]


def test_a_withdrawn_key_is_published_no_more(signer: Signer) -> None:
    """It can still sign, as one that was stolen can."""
    first = signer.newest
    before = signer.sign("judy")
    signer.rotate()
    assert [True, True] == [is_signed(token, signer) for token in (before, signer.sign("judy"))]
    signer.withdraw()
    after = signer.sign("judy", key=first)
    assert [False, False, True] == [is_signed(one, signer) for one in (before, after, signer.sign("judy"))]


def test_an_unsigned_token_says_so(signer: Signer) -> None:
    """RFC 7519 section 6."""
    header, claims, signature = parts_of(signer.forge_unsigned("judy"))
    assert ("none", "judy", b"") == (header["alg"], claims["sub"], signature)


def test_a_confused_token_would_pass_where_the_public_key_is_a_secret(signer: Signer) -> None:
    """RFC 8725 section 2.1: else refusing it would show nothing."""
    token = signer.forge_with_public_key("judy")
    header, _, signature = parts_of(token)
    digest = hmac.digest(signer.newest.as_pem(private=False), token.rpartition(".")[0].encode(), "sha256")
    assert ("HS256", signer.newest.kid, digest) == (header["alg"], header["kid"], signature)
