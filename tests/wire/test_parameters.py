"""`access_token` in a query string or a form (RFC 6750 sections 2.2 and 2.3)."""

from __future__ import annotations

import time

import pytest

from bearerguard.errors import InvalidRequest
from bearerguard.wire.parameters import find_access_token, take_access_token

REPEATED = "The access_token parameter must not be repeated, nor its name encoded."
MALFORMED = "The access_token parameter is empty or malformed."


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (b"access_token=abc", b"abc"),
        (b"a=1&access_token=abc&b=2", b"abc"),
        (b"&&access_token=abc&", b"abc"),
        (b"access_token=a%62c", b"abc"),
        (b"access_token=a%2Bb%2F%3D", b"a+b/="),
        (b"access_token=ab==", b"ab=="),
    ],
)
def test_the_value_is_decoded_once(text: bytes, token: bytes) -> None:
    """application/x-www-form-urlencoded, once: a second decoding would be somebody else's token."""
    assert token == find_access_token(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"a=access_token",
        b"xaccess_token=abc",
        b"access_tokens=abc",
        b"Access_Token=abc",
        b"access_token%3Dabc",
        b"access%255Ftoken=abc",
        b"a=%61ccess_token%3Db",
        b"a=b;access_token=c",
        b"access_token[]=c",
    ],
)
def test_another_name_is_not_looked_at(text: bytes) -> None:
    """The name is exact, and nothing but & separates."""
    assert find_access_token(text) is None
    assert text == take_access_token(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        b"access_token=a&access_token=a",
        b"access_token=a&access_token=b",
        b"access_token=&access_token=a",
        b"access%5Ftoken=a",
        b"access%5ftoken=a",
        b"%61%63%63%65%73%73%5f%74%6f%6b%65%6e=a",
        b"access%5Ftoken=a&access_token=a",
        b"access_token=a&b=c&access%5Ftoken",
    ],
)
def test_a_repeated_or_encoded_name_is_refused(text: bytes) -> None:
    """RFC 6750 section 3.1: repeats the same parameter."""
    with pytest.raises(InvalidRequest) as caught:
        find_access_token(text)
    assert (400, REPEATED) == (caught.value.status, caught.value.description)


@pytest.mark.parametrize(
    "value", [b"", b"=", b"+abc", b"a+b", b"a b", b"a%20b", b"a%00", b"%e4", b"%zz", b"a%0a", b"a%25", b"%"]
)
def test_an_empty_or_impossible_value_is_refused(value: bytes) -> None:
    """Never an empty token, and a plus sign is a space (WHATWG URL)."""
    with pytest.raises(InvalidRequest) as caught:
        find_access_token(b"access_token=" + value)
    assert (400, MALFORMED) == (caught.value.status, caught.value.description)


def test_a_name_without_a_value_is_an_empty_value() -> None:
    """access_token alone."""
    with pytest.raises(InvalidRequest, match=MALFORMED):
        find_access_token(b"a=1&access_token")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (b"access_token=abc", b""),
        (b"a=%7E1&access_token=abc&b=+2", b"a=%7E1&b=+2"),
        (b"access_token=a&x&access%5ftoken=b&&y=", b"x&&y="),
        (b"access_token", b""),
        (b"a=b", b"a=b"),
    ],
)
def test_every_spelling_is_taken_out_and_nothing_else_changes(text: bytes, rest: bytes) -> None:
    """What stays is byte for byte what it was."""
    assert rest == take_access_token(text)[1]


def test_what_is_taken_out_is_what_is_read() -> None:
    """Every spelling, in its order; the first of them is what a refusal is about."""
    assert ([b"access_token=a", b"access%5ftoken"], b"x&&y=") == take_access_token(
        b"access_token=a&x&access%5ftoken&&y="
    )


@pytest.mark.parametrize(
    "text", [b"access_token&" * 50_000, b"%" * 600_000, b"&" * 600_000, b"%61&" * 150_000]
)
def test_a_long_text_is_read_in_linear_time(text: bytes) -> None:
    """A form of 600 kB within seconds, where quadratic would be minutes."""
    began = time.process_time()
    take_access_token(text)[1]
    try:
        find_access_token(text)
    except InvalidRequest:
        pass
    assert time.process_time() - began < 3
