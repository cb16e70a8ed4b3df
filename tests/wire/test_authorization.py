"""The Authorization field (RFC 6750 section 2.1, RFC 9110 section 11)."""

from __future__ import annotations

import time

import pytest

from bearerguard.errors import InvalidRequest
from bearerguard.wire.authorization import find_bearer, is_b64token

MALFORMED = "The Authorization field is malformed: it must be the word Bearer, a space and one token."
REPEATED = "The Authorization field must not be repeated."


@pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BEARER", b"bEaReR"])
def test_the_scheme_is_case_insensitive(scheme: bytes) -> None:
    """RFC 9110 section 11.1."""
    assert b"abc" == find_bearer([scheme + b" abc"])


@pytest.mark.parametrize("spaces", [b" ", b"  ", b" " * 50])
def test_one_or_more_spaces_stand_between(spaces: bytes) -> None:
    """credentials = "Bearer" 1*SP b64token."""
    assert b"abc" == find_bearer([b"Bearer" + spaces + b"abc"])


@pytest.mark.parametrize("token", [b"a", b"-._~+/", b"AZaz09==", b"a" * 16_384, b"mF_9.B5f-4.1JqM"])
def test_every_b64token_is_found_as_it_is(token: bytes) -> None:
    """RFC 6750 section 2.1."""
    assert token == find_bearer([b"Bearer " + token])
    assert is_b64token(token)


@pytest.mark.parametrize(
    "value",
    [
        b"Bearer",
        b"Bearer ",
        b"bearer  ",
        b"Bearer\tabc",
        b"Bearer abc ",
        b"Bearer abc def",
        b"Bearer abc,",
        b"Bearer abc, def",
        b"Bearer abc,Bearer abc",
        b"Bearer abc,Basic eDp5",
        b"Bearer =abc",
        b"Bearer ab=c",
        b'Bearer "abc"',
        b"Bearer token=abc",
        b"Bearer a%62c",
        b"Bearer \xe4bc",
        b"Bearer abc\n",
        b"Bearer abc\x00",
        b"Bearer, abc",
        b"Bearer=abc",
        b"Bearer/abc",
    ],
)
def test_anything_else_behind_the_word_is_malformed(value: bytes) -> None:
    """Exactly the scheme, spaces and one token; nothing is trimmed or guessed."""
    with pytest.raises(InvalidRequest) as caught:
        find_bearer([value])
    assert (400, MALFORMED) == (caught.value.status, caught.value.description)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [b""],
        [b"Basic eDp5"],
        [b"Digest username=x"],
        [b"Bearerx abc"],
        [b"Bearerabc"],
        [b"bearer.abc"],
        [b"Bearer-Token abc"],
        [b"X-Bearer abc"],
        [b"abc"],
        [b"Basic eDp5", b"Digest a=b"],
        [b'Digest realm="a, bearer b", nonce="c"'],
        [b'Digest realm="a\\", bearer b"'],
        [b'Digest realm="", a="\n, bearer b"'],
        [b"MAC id=bearer"],
    ],
)
def test_another_scheme_is_not_ours(values: list[bytes]) -> None:
    """The application may use it; no token was sent that way."""
    assert find_bearer(values) is None


@pytest.mark.parametrize(
    "values",
    [
        [b"Bearer abc", b"Bearer abc"],
        [b"Bearer abc", b"Bearer def"],
        [b"Basic eDp5", b"Bearer abc"],
        [b"Bearer abc", b""],
        [b"Bearer", b"Basic eDp5"],
        [b"Basic eDp5,Bearer abc"],
        [b"Basic eDp5, bearer abc"],
        [b'Digest realm="x",\tBEARER abc'],
        [b'Digest realm="x, Bearer abc'],
        [b'Digest realm="x\\", Bearer abc'],
    ],
)
def test_a_repeated_field_is_refused(values: list[bytes]) -> None:
    """Whether it is equal or not, and where a server has joined the lines."""
    with pytest.raises(InvalidRequest) as caught:
        find_bearer(values)
    assert (400, REPEATED) == (caught.value.status, caught.value.description)


@pytest.mark.parametrize(
    "value",
    [b"Bearer " + b" " * 200_000 + b'"', b"Bearer " + b"a" * 200_000 + b"=" * 200_000 + b"a"],
)
def test_a_long_value_that_fails_at_its_end_fails_at_once(value: bytes) -> None:
    """Nothing backtracks."""
    began = time.process_time()
    with pytest.raises(InvalidRequest):
        find_bearer([value])
    assert time.process_time() - began < 3


@pytest.mark.parametrize("repeated", [b'"', b'"\\', b'\\"', b", ", b',bearer"', b",\t" + b" " * 40])
def test_a_long_value_of_another_scheme_is_read_in_linear_time(repeated: bytes) -> None:
    """The search for a joined line looks at every byte a bounded number of times."""
    began = time.process_time()
    assert find_bearer([b'Basic "' + repeated * (400_000 // len(repeated))]) is None
    assert time.process_time() - began < 3


@pytest.mark.parametrize("text", [b"", b"=", b"a b", b"a\n", b"a=b", b"\xff", b"a,b"])
def test_what_is_no_b64token(text: bytes) -> None:
    """RFC 6750 section 2.1."""
    assert not is_b64token(text)
