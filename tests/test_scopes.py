"""What a route asks for (RFC 6750 section 3.1, RFC 6749 section 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import ConfigurationError, any_of
from bearerguard.scopes import requirement


@pytest.mark.parametrize(
    ("parts", "granted", "is_met"),
    [
        ((), "", True),
        (("a",), "a", True),
        (("a",), "", False),
        (("a",), "A", False),
        (("a",), "ab", False),
        (("a", "b"), "a", False),
        (("a", "b"), "b a c", True),
        ((any_of("a", "b"),), "b", True),
        ((any_of("a", "b"),), "c", False),
        (("c", any_of("a", "b")), "c", False),
        (("c", any_of("a", "b")), "c b", True),
        ((any_of("a", "b"), any_of("c", "d")), "a b", False),
    ],
)
def test_all_parts_have_to_be_met(parts: tuple[Any, ...], granted: str, is_met: bool) -> None:
    """requires("a", "b") means all, any_of one, requires() any good token; names are exact."""
    assert is_met == requirement(*parts).is_met_by(frozenset(granted.split()))


def test_a_challenge_lists_them_in_the_order_of_the_route() -> None:
    """Each once."""
    assert ("z", "b", "a", "c") == requirement("z", any_of("b", "a", "b"), "c", "z").scopes


@pytest.mark.parametrize("name", ["", "tag rating", 'ta"g', "ta\\g", "tag\n", "täg", "tag\r\nX: y"])
def test_a_name_that_cannot_stand_in_a_challenge_is_refused_where_it_is_written(name: str) -> None:
    """And is shown, so that it can be found."""
    expected = f"{name!r} cannot be a scope: give each as a string of its own, without spaces or quotes"
    for write in (requirement, any_of):
        with pytest.raises(ConfigurationError) as caught:
            write(name)
        assert expected == str(caught.value)


@pytest.mark.parametrize("part", [None, 5, ["a", "b"], ("a",), len])
def test_a_part_that_is_no_name_is_a_mistake(part: Any) -> None:
    """A decorator without its parentheses, too."""
    with pytest.raises(ConfigurationError, match=r"requires\('tag', 'rating'\), not .*requires\(\)$"):
        requirement(part)


@pytest.mark.parametrize("name", [None, 5, ["a"]])
def test_a_part_of_any_of_that_is_no_name_is_a_mistake(name: Any) -> None:
    """any_of(["a"]) is not any_of("a")."""
    with pytest.raises(ConfigurationError, match="cannot be a scope: give each as a string of its own"):
        any_of(name)


def test_one_of_nothing_is_a_mistake() -> None:
    """No token could ever pass."""
    with pytest.raises(ConfigurationError, match=r"^any_of\(\) needs at least one scope"):
        any_of()
