"""The small grammars."""

from __future__ import annotations

import pytest

from bearerguard.wire.fields import is_form_urlencoded, is_plain_quotable


def test_what_rfc_6750_allows_between_quotes() -> None:
    """%x20-21 / %x23-5B / %x5D-7E and nothing else, asked of every character below 0x180."""
    allowed = {*range(0x20, 0x22), *range(0x23, 0x5C), *range(0x5D, 0x7F)}
    assert allowed == {code for code in range(0x180) if is_plain_quotable(chr(code))}


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/x-www-form-urlencoded",
        b"Application/X-WWW-Form-Urlencoded",
        b"application/x-www-form-urlencoded; charset=UTF-8",
        b"application/x-www-form-urlencoded ;a=b;c=d",
        b" application/x-www-form-urlencoded\t",
    ],
)
def test_a_form_whatever_its_parameters_and_case(content_type: bytes) -> None:
    """RFC 6750 section 2.2, RFC 9110 section 8.3.1."""
    assert is_form_urlencoded(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"application/json",
        b"multipart/form-data",
        b"application/x-www-form-urlencoded, text/plain",
        b"x",
    ],
)
def test_other_content_is_no_form(content_type: bytes) -> None:
    """A repeated Content-Type is none either."""
    assert not is_form_urlencoded(content_type)
