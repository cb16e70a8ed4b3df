"""A server with a scope tree: a token may do all that its scopes imply (RFC 6750 section 3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken, Authentication, Cached, Decision, ScopeTree, StoredTokens, any_of
from bearerguard.scopes import requirement
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import App, AsgiEdge, Clock, WsgiEdge, bearer, local, server, stored

TREE = ScopeTree({"modify": ["add"], "add": ["read"]})
EXPANDED = frozenset({"modify", "add", "read", "email"})
GRANTED = ("modify", "email")
LACKS_MODIFY = (
    403,
    'Bearer realm="api", error="insufficient_scope", '
    'error_description="The access token does not carry the scope that this needs.", scope="modify"',
)
Edge = AsgiEdge | WsgiEdge


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("modify",), 200),
        (("add",), 200),
        (("read",), 200),
        (("read", "email"), 200),
        ((any_of("other", "read"),), 200),
        (("other",), 403),
        (("read", "other"), 403),
    ],
)
def test_a_route_asks_for_what_a_scope_implies(edge: Edge, cached: bool, asked: Any, status: int) -> None:
    """The first request, and those that the cache answers."""
    store = MemoryTokenStore()
    token = stored(store, scopes=GRANTED)
    app = App(requires=requirement(*asked))
    guarded = edge.guard(app, local(store, cached=cached, scope_tree=TREE))
    assert [status] * 3 == [edge.answer(guarded, headers=bearer(token)).status for _ in range(3)]


def test_a_tree_gives_nothing_upwards_and_the_challenge_names_the_routes_own_scope(edge: Edge) -> None:
    """RFC 6750 section 3: the scope that is necessary, not those that would do as well."""
    store = MemoryTokenStore()
    token = stored(store, scopes=("add",))
    guarded = edge.guard(App(requires=requirement("modify")), local(store, cached=True, scope_tree=TREE))
    assert LACKS_MODIFY == edge.answer(guarded, headers=bearer(token)).brief


@pytest.mark.parametrize("cached", [False, True])
def test_the_application_sees_the_scopes_that_count(edge: Edge, cached: bool) -> None:
    """In the authentication and in its user; the facts stay what the token says."""
    store = MemoryTokenStore()
    token = stored(store, scopes=GRANTED)
    app = App()
    guarded = edge.guard(app, local(store, cached=cached, scope_tree=TREE))
    for _ in range(2):
        edge.answer(guarded, headers=bearer(token))
        found = app.authentication
        assert found is not None
        assert (EXPANDED, EXPANDED) == (found.scopes, found.user.scopes)
        assert frozenset(GRANTED) == found.access_token.scopes
    if edge.name == "asgi":
        assert EXPANDED == app.seen[-1]["auth"].scopes == app.seen[-1]["user"].scopes


def test_a_user_of_the_applications_own_goes_with_the_scopes_that_count(edge: Edge) -> None:
    """`load_user` gets the facts, as the token has them."""
    seen: list[frozenset[str]] = []

    def load_user(facts: AccessToken) -> str:
        seen.append(facts.scopes)
        return "Alice"

    store = MemoryTokenStore()
    token = stored(store, scopes=GRANTED)
    app = App(requires=requirement("read"))
    guarded = edge.guard(app, local(store, cached=True, scope_tree=TREE, load_user=load_user))
    assert [200, 200] == [edge.answer(guarded, headers=bearer(token)).status for _ in range(2)]
    assert [frozenset(GRANTED)] * 2 == seen
    found = app.authentication
    assert found is not None
    assert ("Alice", EXPANDED) == (found.user, found.scopes)


def test_servers_that_share_a_cache_each_go_by_their_own_tree(edge: Edge) -> None:
    """What is cached are facts; whoever asked before decides nothing for the next."""
    store = MemoryTokenStore()
    token = stored(store, scopes=("add",))
    cached = Cached(StoredTokens(store), now=Clock(), monotonic=Clock())
    upside_down = ScopeTree({"add": ["modify"]})
    expected = {None: {"add"}, TREE: {"add", "read"}, upside_down: {"add", "modify"}}
    apps = {tree: App() for tree in expected}
    guards = {tree: edge.guard(app, server(cached, scope_tree=tree)) for tree, app in apps.items()}
    for _ in range(2):
        for tree, guarded in guards.items():
            assert 200 == edge.answer(guarded, headers=bearer(token)).status
            found = apps[tree].authentication
            assert found is not None
            assert (expected[tree], expected[tree]) == (found.scopes, found.user.scopes)


def test_a_request_that_the_cache_answers_finds_its_authentication_made() -> None:
    """With a tree as without: nothing is worked out twice for one token."""
    store = MemoryTokenStore()
    token = stored(store, scopes=GRANTED)
    app = App()
    guarded = WsgiEdge().guard(app, local(store, cached=True, scope_tree=TREE))
    for _ in range(3):
        WsgiEdge().answer(guarded, headers=bearer(token))
    second, third = (seen["bearerguard"] for seen in app.seen[1:])
    assert second is third


def test_who_listens_changes_nothing(edge: Edge) -> None:
    """With a listener every request goes the long way."""
    decisions: list[Decision] = []
    store = MemoryTokenStore()
    token = stored(store, scopes=GRANTED)
    app = App(requires=requirement("read"))
    guarded = edge.guard(app, local(store, cached=True, scope_tree=TREE, on_decision=decisions.append))
    assert [200, 200] == [edge.answer(guarded, headers=bearer(token)).status for _ in range(2)]
    assert [False, True] == [decision.cached for decision in decisions]


def test_an_authentication_made_by_hand_has_the_scopes_of_its_token() -> None:
    """Unless it is told others."""
    facts = AccessToken(subject="alice", scopes=frozenset({"add"}))
    assert {"add"} == Authentication(facts, None).scopes
    assert frozenset() == Authentication(facts, None, scopes=frozenset()).scopes
