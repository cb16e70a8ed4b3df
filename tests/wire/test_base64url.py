"""Base64url: one spelling for each value (RFC 4648 section 5, RFC 7515 section 2)."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.wire.base64url import decode_base64url, encode_base64url

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def refusal(text: bytes) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the caller compares the text
        decode_base64url(text)
    return str(caught.value)


@given(st.binary(max_size=100))
def test_what_is_encoded_is_read_back(octets: bytes) -> None:
    """Without padding, whatever its length."""
    text = encode_base64url(octets)
    assert urlsafe_b64encode(octets).rstrip(b"=") == text
    assert octets == decode_base64url(text)


@given(
    st.text(alphabet=[*map(chr, ALPHABET), *"=+/ \n.\0"], max_size=12).map(str.encode)
    | st.binary(max_size=12)
)
def test_any_text_is_the_only_spelling_of_its_value_or_none(text: bytes) -> None:
    """ValueError and nothing else."""
    try:
        assert text == encode_base64url(decode_base64url(text))
    except ValueError as error:
        assert "not base64url" == str(error)  # noqa: PT017 - it need not be raised


@pytest.mark.parametrize(
    "text",
    [
        *(b"AA==", b"AA=", b"AAA=", b"AAAA=", b"=", b"=AAA", b"AA=A"),
        *(b"A", b"AAAAA"),
        *(b"AA AA", b" AAA", b"AAA ", b"AA\nAA", b"AAAA\n", b"AA\r\nAA", b"AA\tA", b"\0AAA"),
        *(b"AA+A", b"AA/A", b"AA.A", b"AA,A", b"AA%A", b"AA\xffA", "AAé".encode()),
    ],
)
def test_another_spelling_is_refused(text: bytes) -> None:
    """Padded, cut, with white space, or in another alphabet: Python's own decoder skips most of it."""
    assert "not base64url" == refusal(text)


def test_unused_bits_are_zero() -> None:
    """Or one value had 16 spellings, and one signature as many tokens."""
    for last, rest in ((b"AQgw", b"A"), (b"AEIMQUYcgkosw048", b"AA")):
        for at in range(len(ALPHABET)):
            text = rest + ALPHABET[at : at + 1]
            if ALPHABET[at] in last:
                assert text == encode_base64url(decode_base64url(text))
            else:
                assert "not base64url" == refusal(text)


def test_nothing_is_nothing() -> None:
    """Whether that is allowed is asked elsewhere."""
    assert (b"", b"") == (decode_base64url(b""), encode_base64url(b""))
