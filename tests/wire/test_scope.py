"""Scope lists (RFC 6749 section 3.3)."""

from __future__ import annotations

import pytest

from bearerguard.wire.scope import dump_scopes, is_scope_token, parse_scopes


def test_which_characters_a_scope_may_have() -> None:
    """%x21 / %x23-5B / %x5D-7E, asked of every character below 0x180."""
    allowed = {0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F)}
    assert allowed == {code for code in range(0x180) if is_scope_token(chr(code))}


@pytest.mark.parametrize(("text", "names"), [("", ()), ("tag", ("tag",)), ("b a b", ("b", "a", "b"))])
def test_a_list_keeps_its_order(text: str, names: tuple[str, ...]) -> None:
    """Empty text is no scopes."""
    assert names == parse_scopes(text)
    assert text == dump_scopes(names)


@pytest.mark.parametrize("text", [" ", " a", "a ", "a  b", "a\tb", 'a"', "a\\b", "é", "a\n"])
def test_a_list_of_another_form_is_none(text: str) -> None:
    """A double space would be an empty name."""
    with pytest.raises(ValueError, match=r"^not a list of scopes separated by single spaces$"):
        parse_scopes(text)


def test_a_name_is_never_empty() -> None:
    """1*( ... )."""
    assert not is_scope_token("")
