"""The form of our own tokens."""

from __future__ import annotations

import re
import secrets
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearerguard.errors import ConfigurationError
from bearerguard.wire.local_token import (
    MAX_PREFIX_CHARACTERS,
    SECRET_SCANNER_PATTERN,
    has_valid_checksum,
    mint,
)


def test_a_token_matches_what_the_docs_give_to_secret_scanners() -> None:
    """Every token with the default prefix can be found by the published pattern."""
    assert re.fullmatch(SECRET_SCANNER_PATTERN, mint()) is not None


def test_a_token_has_256_random_bits_and_no_two_are_alike() -> None:
    """43 characters of base 62 hold 256 bits."""
    assert 1_000 == len({mint() for _ in range(1_000)})
    assert 62**42 < 2**256 < 62**43


@pytest.mark.parametrize("bits", [0, 2**256 - 1])
def test_the_smallest_and_the_largest_number_have_the_same_form(
    bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leading zeros are kept."""
    monkeypatch.setattr(secrets, "randbits", lambda count: bits)
    token = mint()
    assert re.fullmatch(SECRET_SCANNER_PATTERN, token) is not None
    assert has_valid_checksum(token.encode(), b"bg_")


def test_the_checksum_is_the_crc32_of_all_before_it() -> None:
    """Written out once more, so that another program can do it."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    token = mint("my-app.")
    number = 0
    for char in token[-6:]:
        number = number * 62 + alphabet.index(char)
    assert crc32(token[:-6].encode()) == number


@given(position=st.integers(0, 51), char=st.sampled_from("0Aaz_-!"))
def test_one_changed_character_is_noticed(position: int, char: str) -> None:
    """A typing error is refused without a look-up."""
    token = mint()
    changed = token[:position] + char + token[position + 1 :]
    assert (changed == token) == has_valid_checksum(changed.encode(), b"bg_")


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token[3:],
        lambda token: "bg_",
        lambda token: "",
        lambda token: token.replace("bg_", "BG_"),
    ],
)
def test_another_length_or_prefix_is_not_our_form(change: object) -> None:
    """Length, alphabet and prefix are checked before the checksum."""
    assert callable(change)
    assert not has_valid_checksum(change(mint()).encode(), b"bg_")


@pytest.mark.parametrize("prefix", ["bg_", "a", "my-app.v1~+/", "x" * MAX_PREFIX_CHARACTERS])
def test_a_prefix_may_be_anything_that_a_bearer_token_may_begin_with(prefix: str) -> None:
    """RFC 6750 section 2.1, b64token."""
    assert has_valid_checksum(mint(prefix).encode(), prefix.encode())


@pytest.mark.parametrize("prefix", ["", "a b", "a=", "ü", "a\n", '"', "x" * (MAX_PREFIX_CHARACTERS + 1)])
def test_another_prefix_is_a_mistake_that_is_named(prefix: str) -> None:
    """A token with it could not be sent."""
    with pytest.raises(ConfigurationError, match=r"a token prefix is 1 to 32 letters, digits and -\._~\+/"):
        mint(prefix)


@pytest.mark.parametrize("body", ["", "short", "x" * 42, "x" * 44, "x" * 42 + "-"])
def test_a_right_checksum_does_not_make_up_for_a_wrong_form(body: str) -> None:
    """Such a token was never issued here, so the store is not asked about it."""
    unchecked = f"bg_{body}".encode()
    number, digits = crc32(unchecked), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit] + digits
    assert not has_valid_checksum(unchecked + digits.encode(), b"bg_")
