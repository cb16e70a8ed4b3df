"""Scopes that include others (RFC 6749 section 3.3)."""

from __future__ import annotations

import copy
import pickle
import sys
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from bearerguard import ConfigurationError, ScopeTree, scope_tree
from bearerguard.scope_tree import MAX_GRANTED_NAMES
from tests.support import server

TREE = ScopeTree({"modify": ["add"], "add": ["read"], "admin": ("modify", "audit")})
LEVELS = 10_000


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ("", ""),
        ("read", "read"),
        ("add", "add read"),
        ("modify", "modify add read"),
        ("admin", "admin audit modify add read"),
        ("add audit", "add audit read"),
        ("email", "email"),
        ("email modify", "email modify add read"),
        ("Modify", "Modify"),
    ],
)
def test_a_scope_brings_all_that_it_implies(granted: str, expected: str) -> None:
    """As far as it goes, never upwards; a name of somebody else's stays as it is."""
    assert frozenset(expected.split()) == TREE.expand(frozenset(granted.split()))


@pytest.mark.parametrize("granted", [{"add"}, ["add"], ("add", "add"), iter(["add"]), {"add": 1}.keys()])
def test_the_scopes_may_come_in_any_collection(granted: Any) -> None:
    """A set is what one writes."""
    assert frozenset({"add", "read"}) == TREE.expand(granted)


@pytest.mark.parametrize("granted", ["modify", "", b"modify", None, 5, {"modify": ["add"]}])
def test_a_text_is_no_set_of_scopes(granted: Any) -> None:
    """Its letters would be taken for scopes, and nothing would be implied."""
    with pytest.raises(ConfigurationError) as caught:
        TREE.expand(granted)
    assert 'expand() takes a set of scopes, as in {"modify"}' == str(caught.value)


def test_what_a_scope_implies_can_be_asked() -> None:
    """Without the scope itself."""
    assert {"add", "read"} == TREE.implied_by("modify")
    assert frozenset() == TREE.implied_by("read")
    assert {"admin", "modify", "audit", "add", "read"} == TREE.scopes


def test_a_name_that_the_tree_does_not_know_is_not_asked_in_vain() -> None:
    """A mistyped one is found where it is written."""
    with pytest.raises(ConfigurationError) as caught:
        TREE.implied_by("typo")
    expected = "this ScopeTree does not know 'typo': correct the name, or give it in scopes="
    assert expected == str(caught.value)
    assert frozenset() == ScopeTree({"a": ["b"]}, scopes=["a", "b", "typo"]).implied_by("typo")


MAPPING = (
    "ScopeTree() takes a mapping from a scope to those that it implies, "
    'as in {"modify": ["add", "read"]}, not '
)
SEVERAL = """what 'modify' implies must be a list of scopes, as in ["add", "read"]"""
NAME = " cannot be a scope: give each as a string of its own, without spaces or quotes"
NOTHING = "this ScopeTree implies nothing: leave it out, or say which scope implies another"
UNKNOWN = "this ScopeTree names what is not among its scopes=, {}: correct the name, or add it there"
CLOSED = 'ScopeTree(scopes=...) must be all scopes of the service, as in ["add", "read"]'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), f"{MAPPING}NoneType"),
        (([("modify", ["add"])],), f"{MAPPING}list"),
        (("modify",), f"{MAPPING}str"),
        (({"modify": "add"},), SEVERAL),
        (({"modify": b"add"},), SEVERAL),
        (({"modify": None},), SEVERAL),
        (({"modify": {"add": ["read"]}},), SEVERAL),
        (({"": ["add"]},), f"''{NAME}"),
        (({"mo dify": ["add"]},), f"'mo dify'{NAME}"),
        (({5: ["add"]},), f"5{NAME}"),
        (({"modify": ["add read"]},), f"'add read'{NAME}"),
        (({"modify": [None]},), f"None{NAME}"),
        (({"modify": ["add", 'r"']},), f"'r\"'{NAME}"),
        (({},), NOTHING),
        (({"modify": []},), NOTHING),
        (({"modify": ["add", "modify"]},), "'modify' implies itself: leave it out of its own list"),
        (({"a": ["b"]}, "ab"), CLOSED),
        (({"a": ["b"]}, 5), CLOSED),
        (({"a": ["b"]}, ["a", "b", "c d"]), f"'c d'{NAME}"),
        (
            ({"modify": ["ad"], "ad": ["red"]}, ["modify", "add", "read"]),
            UNKNOWN.format("'ad', 'red'"),
        ),
        (
            ({"a": ["b"]}, []),
            UNKNOWN.format("'a', 'b'"),
        ),
    ],
)
def test_a_tree_that_cannot_be_meant_is_refused_where_it_is_written(arguments: Any, message: str) -> None:
    """In a sentence that names the name and the cure."""
    with pytest.raises(ConfigurationError) as caught:
        ScopeTree(*arguments)
    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("implications", "circle"),
    [
        ({"a": ["b"], "b": ["a"]}, {"'a' > 'b' > 'a'", "'b' > 'a' > 'b'"}),
        (
            {"x": ["a"], "a": ["b"], "b": ["c", "y"], "c": ["a"]},
            {"'a' > 'b' > 'c' > 'a'", "'b' > 'c' > 'a' > 'b'", "'c' > 'a' > 'b' > 'c'"},
        ),
    ],
)
def test_a_circle_is_refused_and_named(implications: Any, circle: set[str]) -> None:
    """All would be one scope. The names go in the direction in which they imply."""
    with pytest.raises(ConfigurationError) as caught:
        ScopeTree(implications)
    start, _, rest = str(caught.value).partition(", ")
    assert "scopes of this ScopeTree imply each other in a circle" == start
    assert rest in {f"{one}: take one of these steps out" for one in circle}


def test_two_ways_to_one_scope_are_no_circle() -> None:
    """A tree may grow together again."""
    assert {"a", "b", "c", "d"} == ScopeTree({"a": ["b", "c"], "b": ["d"], "c": ["d"]}).expand(frozenset("a"))


def test_a_chain_may_be_long() -> None:
    """No recursion: neither in the check nor on a request; a circle of that length is found as well."""
    assert sys.getrecursionlimit() < LEVELS
    chain = {f"s{at}": [f"s{at + 1}"] for at in range(LEVELS)}
    assert LEVELS + 1 == len(ScopeTree(chain).expand(frozenset({"s0"})))
    with pytest.raises(ConfigurationError, match="in a circle"):
        ScopeTree({**chain, f"s{LEVELS}": ["s0"]})


def test_what_strangers_tokens_make_it_remember_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which sets there are is decided by whoever gives tokens; a large one pushes nothing out."""
    monkeypatch.setattr(scope_tree, "MAX_KEPT_NAMES", 10 * (MAX_GRANTED_NAMES + 2))
    tree = ScopeTree({"a": ["b"]})
    for number in range(20):
        assert {"a", "b", f"x{number}"} == tree.expand(frozenset({"a", f"x{number}"}))
    kept = tree._kept.cache_info()  # type: ignore[attr-defined]
    assert (10, 10) == (kept.maxsize, kept.currsize)
    large = frozenset({"a", *map(str, range(MAX_GRANTED_NAMES))})
    assert large | {"b"} == tree.expand(large)
    assert kept == tree._kept.cache_info()  # type: ignore[attr-defined]


def test_a_large_tree_remembers_the_last_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room is for so many names, whatever the sets are that they are in."""
    monkeypatch.setattr(scope_tree, "MAX_KEPT_NAMES", 10)
    tree = ScopeTree({"a": ["b"]})
    assert {"a", "b"} == tree.expand(frozenset("a"))
    assert 1 == tree._kept.cache_info().maxsize  # type: ignore[attr-defined]


def test_a_tree_is_a_value() -> None:
    """Nobody changes it behind the guard's back; the order in which it was written does not count."""
    source = {"modify": ["add"], "add": ["read"]}
    tree = ScopeTree(source)
    same = ScopeTree({"add": {"read"}, "modify": ("add", "add")})
    assert (same, hash(same)) == (tree, hash(tree))
    assert tree != ScopeTree(source, scopes=["modify", "add", "read", "email"])
    source["read"] = ["everything"]
    assert frozenset() == tree.implied_by("read")
    with pytest.raises(FrozenInstanceError):
        tree.scopes = frozenset()  # type: ignore[misc]
    with pytest.raises(TypeError):
        tree.implications["read"] = frozenset({"everything"})  # type: ignore[index]
    assert tree == copy.deepcopy(tree) == pickle.loads(pickle.dumps(tree))  # noqa: S301 - our own


def test_a_tree_shows_what_it_was_made_of() -> None:
    """As it could be written, with `scopes=` where that says more."""
    assert "ScopeTree({'modify': ['add'], 'add': ['read']})" == repr(
        ScopeTree({"modify": ["add"], "add": ["read"]})
    )
    closed = ScopeTree({"b": ["a"]}, scopes=["a", "b", "c"])
    assert "ScopeTree({'b': ['a']}, scopes=['a', 'b', 'c'])" == repr(closed)
    assert closed == eval(repr(closed), {"ScopeTree": ScopeTree})  # noqa: S307 - our own


@pytest.mark.parametrize("tree", [{"modify": ["add"]}, "modify", True, ScopeTree])
def test_a_server_takes_a_tree_and_nothing_else(tree: Any) -> None:
    """A bare mapping was not checked."""
    with pytest.raises(ConfigurationError) as caught:
        server(scope_tree=tree)
    assert 'scope_tree= must be a ScopeTree, as in ScopeTree({"modify": ["add", "read"]})' == str(
        caught.value
    )
