"""Writing WWW-Authenticate (RFC 6750 section 3)."""

from __future__ import annotations

import pytest

from bearerguard.wire.challenge import dump_challenge


def test_a_challenge_is_a_scheme_and_quoted_parameters_in_order() -> None:
    """RFC 6750 section 3, the example of section 3."""
    expected = 'Bearer realm="example", error="invalid_token", error_description="The access token expired"'
    parameters = {
        "realm": "example",
        "error": "invalid_token",
        "error_description": "The access token expired",
    }
    assert expected == dump_challenge("Bearer", parameters)


@pytest.mark.parametrize("bad", ['"', "\\", "\r\n", "\n", "\t", "\x00", "\x7f", "é", "€"])
def test_nothing_can_break_out_of_its_quotes(bad: str) -> None:
    """error_description is %x20-21 / %x23-5B / %x5D-7E; nothing is escaped, so nothing else is written."""
    with pytest.raises(ValueError, match=r"^realm holds a character that cannot stand in a challenge$"):
        dump_challenge("Bearer", {"realm": f"a{bad}b"})
