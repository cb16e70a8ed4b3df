"""Any bytes at all as a signed token or a key: taken in one spelling, or refused in fixed words."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bearerguard.keys.jwk import UnusableKey, read_jwk
from bearerguard.wire.base64url import encode_base64url
from bearerguard.wire.jws import find_payload, looks_like_jws, parse_compact

SEGMENT = re.compile(rb"[A-Za-z0-9_-]+")

# What a refusal may say: words, and names of members in brackets. Nothing that a stranger can put there.
FIXED = re.compile(r"[A-Za-z0-9 :'(),-]+")

# Likelier to be near a token than any bytes.
headers = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["RS256", "none", "", None, 5, ["RS256"]]),
        "kid": st.text(max_size=4) | st.none(),
        "typ": st.sampled_from(["JWT", "at+jwt", 5, None]),
        "crit": st.just(["exp"]),
        "b64": st.booleans(),
    },
).map(lambda header: json.dumps(header).encode())
segments = st.one_of(
    st.binary(max_size=12),
    st.binary(max_size=12).map(encode_base64url),
    headers.map(encode_base64url),
    st.sampled_from([b"", b"A", b"AA==", b"AB", b"YQ", b"e30", b"eyJhbGciOiJub25lIn0"]),
)
tokens = st.one_of(st.binary(max_size=40), st.lists(segments, min_size=1, max_size=6).map(b".".join))


@settings(deadline=None)
@given(tokens)
@example(b"eyJhbGciOiJub25lIn0.e30.")
@example(b"eyJhbGciOiJSUzI1NiJ9.e30.YQ")
def test_a_signed_token(token: bytes) -> None:
    """What is taken apart can be put together again; whatever else comes is a ValueError."""
    try:
        jws = parse_compact(token)
    except ValueError as error:
        assert FIXED.fullmatch(str(error))  # noqa: PT017 - it need not be raised
        return
    header, payload, signature = token.split(b".")
    assert all(SEGMENT.fullmatch(segment) for segment in (header, payload, signature))
    assert (payload, signature) == (encode_base64url(jws.payload), encode_base64url(jws.signature))
    assert (header + b"." + payload, jws.payload) == (jws.signing_input, find_payload(token))
    assert isinstance(jws.header["alg"], str)
    assert not {"crit", "b64"} & set(jws.header)


@settings(deadline=None)
@given(tokens)
def test_its_form_and_its_payload(token: bytes) -> None:
    """Neither look fails, and only three segments have a payload."""
    assert looks_like_jws(token) <= (token[:1] == b"e")
    assert (find_payload(token) is None) >= (token.count(b".") != 2)


members = st.dictionaries(
    st.sampled_from(["kty", "crv", "n", "e", "x", "y", "kid", "alg", "use", "key_ops", "d", "k", "x5c"]),
    st.one_of(
        st.sampled_from(
            ["RSA", "EC", "OKP", "oct", "P-256", "P-521", "Ed25519", "Ed448", "AQAB", "RS256", "sig"]
        ),
        st.binary(max_size=66).map(lambda octets: encode_base64url(octets).decode()),
        st.sampled_from([None, 5, True, [], ["verify"], {}, "", "é", "A" * 400]),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(members)
@example({"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43})
@example({"kty": "OKP", "crv": "Ed25519", "x": "g" * 42 + "A"})
@example({"kty": "RSA", "n": "_" * 400, "e": "AQAB"})
def test_a_key(said: dict[str, Any]) -> None:
    """Read and used without a failure of the library, or refused in fixed words."""
    try:
        key = read_jwk(said)
    except UnusableKey as error:
        assert FIXED.fullmatch(str(error).replace("_", " "))  # noqa: PT017 - it need not be raised
        return
    assert not {"d", "k"} & set(said)
    for algorithm in key.algorithms:
        assert not key.verify(algorithm, b"", bytes(64))
