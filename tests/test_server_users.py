"""The user that a request ends up with."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    FirstMatch,
    FromFunction,
    InvalidToken,
    Unavailable,
)
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BAD_TOKEN_CHALLENGE,
    App,
    AsgiEdge,
    WsgiEdge,
    bearer,
    brief,
    known,
    local,
    server,
    stored,
)

Edge = AsgiEdge | WsgiEdge


def test_load_user_gives_the_applications_own_user(edge: Edge) -> None:
    """Never cached: every request asks again."""
    asked: list[AccessToken] = []

    def load_user(facts: AccessToken) -> str:
        asked.append(facts)
        return f"user {len(asked)}"

    app, store = App(), MemoryTokenStore()
    token = stored(store)
    guarded = edge.guard(app, local(store, cached=True, load_user=load_user))
    for _ in range(2):
        edge.answer(guarded, headers=bearer(token))
    users = [one["bearerguard"].user for one in app.seen]
    assert (["user 1", "user 2"], ["alice"] * 2) == (users, [facts.subject for facts in asked])


def test_a_user_that_is_gone_is_401(edge: Edge) -> None:
    """None of load_user."""
    assert (401, BAD_TOKEN_CHALLENGE) == brief(
        edge, AccessToken(subject="alice"), load_user=lambda facts: None
    )


@pytest.mark.parametrize("user", [0, "", False, []])
def test_a_user_that_is_falsy_is_a_user(edge: Edge, user: Any) -> None:
    """Only None is nobody."""
    assert (200, None) == brief(edge, AccessToken(subject="alice"), load_user=lambda facts: user)


@pytest.mark.parametrize("facts", [AccessToken(client_id="app"), AccessToken(subject="app", client_id="app")])
def test_load_user_is_not_asked_about_an_application(edge: Edge, facts: AccessToken) -> None:
    """RFC 6749 section 4.4: a token without a user."""
    asked: list[AccessToken] = []
    assert (200, None) == brief(edge, facts, load_user=asked.append)
    assert [] == asked


@pytest.mark.parametrize(("error", "status"), [(Unavailable("database"), 503), (InvalidToken(), 401)])
def test_load_user_may_refuse(edge: Edge, error: Exception, status: int) -> None:
    """Or not know."""

    def load_user(facts: AccessToken) -> None:
        raise error

    assert status == brief(edge, AccessToken(subject="alice"), load_user=load_user)[0]


def test_one_sub_from_two_places_is_never_one_user(edge: Edge) -> None:
    """identity carries the issuer's, or the verifier's, name."""
    app = App()
    first = FromFunction(known(a=AccessToken(subject="alice")), name="one")
    second = FromFunction(known(b=AccessToken(subject="alice", issuer="https://two")), name="two")
    guarded = edge.guard(app, server(FirstMatch([first, second])))
    for token in "ab":
        edge.answer(guarded, headers=bearer(token))
    assert ["one|alice", "https://two|alice"] == [one["bearerguard"].user.identity for one in app.seen]


def test_two_servers_may_share_one_cache(edge: Edge) -> None:
    """Each names its users in its own way."""
    app = App()
    cached = Cached(FromFunction(known(a=AccessToken(subject="alice")), name="one"))
    other = FromFunction(known(), name="two")
    many = edge.guard(app, server(FirstMatch([cached, other])))
    for guarded in (many, edge.guard(app, server(cached)), many):
        edge.answer(guarded, headers=bearer("a"))
    assert ["one|alice", "alice", "one|alice"] == [one["bearerguard"].user.identity for one in app.seen]
