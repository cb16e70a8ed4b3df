"""Claims out of a JSON object: absent, of the right type, or a mistake that is named (RFC 7519 4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.wire.claims import find_audience, find_instant, find_object, find_text, read_scopes

# One of each type that JSON has.
TEXT, NUMBER, TRUE, LIST, OBJECT, NULL = "x", 5, True, ["x"], {"x": 1}, None


@pytest.mark.parametrize(
    "find", [find_text, find_instant, find_object, lambda claims, name: find_audience({})]
)
def test_a_claim_that_is_not_there_is_none(find: Any) -> None:
    """Which is no mistake."""
    assert find({"other": "x"}, "name") is None


def test_a_text_is_found() -> None:
    """As it is."""
    assert " Alice ü" == find_text({"sub": " Alice ü"}, "sub")


@pytest.mark.parametrize("value", ["", NUMBER, TRUE, False, LIST, OBJECT, NULL, b"x"])
def test_what_is_no_text_is_a_mistake(value: Any) -> None:
    """An empty one names nobody either."""
    with pytest.raises(ValueError, match=r"^sub is not a text$"):
        find_text({"sub": value}, "sub")


@pytest.mark.parametrize("value", [0, 1, -1, 1.5, 2**64 - 1, -0.0])
def test_an_instant_is_any_number(value: float) -> None:
    """Zero is one, as 1970 was."""
    assert value == find_instant({"exp": value}, "exp")


@pytest.mark.parametrize(
    "value", [TEXT, "5", TRUE, False, LIST, [5], OBJECT, NULL, float("inf"), float("-inf"), float("nan")]
)
def test_what_is_no_number_is_no_instant(value: Any) -> None:
    """True is a number to Python only."""
    with pytest.raises(ValueError, match=r"^exp is not a number of seconds$"):
        find_instant({"exp": value}, "exp")


@pytest.mark.parametrize(
    ("value", "expected"), [("a", ("a",)), (["a"], ("a",)), (["b", "a"], ("b", "a")), ([], ()), ("", ("",))]
)
def test_an_audience_is_one_text_or_a_list(value: Any, expected: tuple[str, ...]) -> None:
    """An empty list is nobody, which is not the same as no list."""
    assert expected == find_audience({"aud": value})


@pytest.mark.parametrize(
    "value", [NUMBER, TRUE, OBJECT, {}, NULL, [NUMBER], ["a", None], ["a", ["b"]], ["a", True]]
)
def test_what_holds_anything_else_is_no_audience(value: Any) -> None:
    """One wrong member spoils it."""
    with pytest.raises(ValueError, match=r"^aud is neither a text nor a list of texts$"):
        find_audience({"aud": value})


@pytest.mark.parametrize("value", [{}, {"jkt": "x"}])
def test_an_object_is_found(value: Any) -> None:
    """An empty one, too."""
    assert value == find_object({"cnf": value}, "cnf")


@pytest.mark.parametrize("value", [TEXT, "", NUMBER, TRUE, LIST, [], NULL])
def test_what_has_no_members_is_no_object(value: Any) -> None:
    """Not even where it is empty."""
    with pytest.raises(ValueError, match=r"^cnf is not an object$"):
        find_object({"cnf": value}, "cnf")


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize(("text", "expected"), [("", set()), ("a", {"a"}), ("b a b", {"a", "b"})])
def test_scopes_are_read_from_a_string(text: str, expected: set[str], lists: bool) -> None:
    """RFC 6749 section 3.3; empty text is no scopes."""
    assert expected == read_scopes(text, lists=lists)


@pytest.mark.parametrize(("value", "expected"), [([], set()), (["a"], {"a"}), (["b", "a", "b"], {"a", "b"})])
def test_scopes_are_read_from_a_list_where_that_is_allowed(value: list[str], expected: set[str]) -> None:
    """And nowhere else."""
    assert expected == read_scopes(value, lists=True)
    with pytest.raises(ValueError, match=r"^not a list of scopes$"):
        read_scopes(value, lists=False)


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize(
    "value", [NUMBER, TRUE, NULL, OBJECT, {}, ["a b"], [""], ["a", 5], ["a", None], ["é"], [["a"]], ("a",)]
)
def test_anything_else_is_no_scopes(value: Any, lists: bool) -> None:
    """A name with a space would be two."""
    with pytest.raises(ValueError, match=r"^not a list of scopes$"):
        read_scopes(value, lists=lists)


@pytest.mark.parametrize("text", [" ", "a  b", " a", "a ", "a\tb", 'a"b', "a,é"])
def test_a_string_of_another_form_is_no_scopes(text: str) -> None:
    """As the grammar has it; nothing is stripped."""
    with pytest.raises(ValueError, match=r"^not a list of scopes separated by single spaces$"):
        read_scopes(text, lists=True)
