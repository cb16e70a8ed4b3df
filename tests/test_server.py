"""The procedure, at either edge: three answers, never two (RFC 6750 sections 2 and 3)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ConfigurationError,
    FromFunction,
    any_of,
)
from bearerguard.adapters import authorize
from bearerguard.scopes import requirement
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BAD_TOKEN,
    BAD_TOKEN_CHALLENGE,
    BARE,
    RESOURCE,
    START,
    App,
    AsgiEdge,
    BrokenStore,
    Clock,
    WsgiEdge,
    bearer,
    brief,
    known,
    local,
    server,
    stored,
)

Edge = AsgiEdge | WsgiEdge


def test_a_good_token_passes_and_what_it_says_is_attached(edge: Edge) -> None:
    """Subject, client and scopes."""
    store, app = MemoryTokenStore(), App()
    token = stored(store, scopes=("tag",))
    reply = edge.answer(edge.guard(app, local(store)), headers=bearer(token))
    assert (200, b"welcome") == (reply.status, reply.body)
    found = app.authentication
    assert found is not None
    assert ("alice", "app", {"tag"}, "Bearer") == (found.subject, found.client_id, found.scopes, found.scheme)


def test_no_token_is_a_bare_challenge(edge: Edge) -> None:
    """Section 3.1, last paragraph: no error code, and an empty body."""
    app = App()
    reply = edge.answer(edge.guard(app, server()))
    assert (401, BARE, b"", []) == (*reply.brief, reply.body, app.seen)
    assert ["no-store"] == reply.all("cache-control")


def test_a_bad_token_is_refused(edge: Edge) -> None:
    """Section 3.1: invalid_token, 401; whatever is wrong with it, the text is one."""
    app = App()
    reply = edge.answer(edge.guard(app, server()), headers=bearer("bad"))
    assert (401, BAD_TOKEN_CHALLENGE, []) == (*reply.brief, app.seen)
    assert {"error": "invalid_token", "error_description": BAD_TOKEN} == reply.json()


def test_a_store_that_is_gone_is_503_and_back_again(edge: Edge) -> None:
    """Cannot tell: no challenge, for a client would throw a good token away."""
    store, app = BrokenStore(), App()
    token = stored(store)
    guarded = edge.guard(app, local(store))
    store.is_down = True
    reply = edge.answer(guarded, headers=bearer(token))
    assert (503, None, ["7"], []) == (*reply.brief, reply.all("retry-after"), app.seen)
    store.is_down = False
    assert 200 == edge.answer(guarded, headers=bearer(token)).status


@pytest.mark.parametrize(
    ("facts", "passes"),
    [
        ({}, True),
        ({"expires_at": START + 0.001}, True),
        ({"expires_at": START}, False),
        ({"expires_at": START - 1}, False),
        ({"expires_at": 0}, False),
        ({"not_before": START + 30}, True),
        ({"not_before": START + 30.001}, False),
        ({"not_before": 0, "expires_at": START + 1}, True),
        ({"audience": RESOURCE}, True),
        ({"audience": ["https://other.example", RESOURCE]}, True),
        ({"audience": "https://other.example"}, False),
        ({"audience": RESOURCE + "/"}, False),
        ({"audience": RESOURCE.upper()}, False),
        ({"audience": ""}, False),
    ],
)
@pytest.mark.parametrize("is_cached", [False, True])
def test_time_and_audience_decide_on_every_request(
    edge: Edge, facts: dict[str, Any], passes: bool, is_cached: bool
) -> None:
    """RFC 7519 sections 4.1.3 to 4.1.5, on a cache hit too."""
    verifier: Any = FromFunction(known(good=AccessToken(**facts)))
    guarded = edge.guard(App(), server(Cached(verifier, now=Clock(0.0)) if is_cached else verifier))
    for _ in range(2):
        expected = (200, None) if passes else (401, BAD_TOKEN_CHALLENGE)
        assert expected == edge.answer(guarded, headers=bearer("good")).brief


def test_a_cached_token_expires_on_the_second(edge: Edge) -> None:
    """Facts are cached, never decisions."""
    clock = Clock()
    facts = AccessToken(expires_at=START + 5)
    cached = Cached(FromFunction(known(good=facts)), now=Clock(), monotonic=Clock())
    guarded = edge.guard(App(), server(cached, now=clock))
    seen = []
    for _ in range(3):
        seen.append(edge.answer(guarded, headers=bearer("good")).status)
        clock.move(2.5)
    assert [200, 200, 401] == seen


def test_leeways_are_for_the_clocks_of_others(edge: Edge) -> None:
    """Seconds by which they may differ."""
    expired, early = AccessToken(expires_at=START - 5), AccessToken(not_before=START + 5)
    assert 200 == brief(edge, expired, expiry_leeway_seconds=5.1)[0]
    assert 401 == brief(edge, expired, expiry_leeway_seconds=5)[0]
    assert 200 == brief(edge, early, not_before_leeway_seconds=5)[0]
    assert 401 == brief(edge, early, not_before_leeway_seconds=4.9)[0]


def test_other_names_for_this_api_are_audiences(edge: Edge) -> None:
    """Exact strings; the resource is then no longer one by itself."""
    assert 200 == brief(edge, AccessToken(audience="my-api"), audiences=["my-api", "x"])[0]
    assert 401 == brief(edge, AccessToken(audience=RESOURCE), audiences=["my-api"])[0]


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_a_missing_scope_is_403_and_named_in_the_order_of_the_route(edge: Edge, is_anonymous: bool) -> None:
    """Section 3.1: insufficient_scope, MAY include the scope attribute."""
    store = MemoryTokenStore()
    app = App(requires=requirement("rating", any_of("tag", "collection")))
    guarded = edge.guard(app, local(store), anonymous=is_anonymous)
    reply = edge.answer(guarded, headers=bearer(stored(store, scopes=("tag",))))
    text = "The access token does not carry the scope that this needs."
    scope = "rating tag collection"
    expected = f'{BARE}, error="insufficient_scope", error_description="{text}", scope="{scope}"'
    assert (403, expected) == reply.brief
    assert {"error": "insufficient_scope", "error_description": text, "scope": scope} == reply.json()
    good = stored(store, scopes=("rating", "collection"))
    assert 200 == edge.answer(guarded, headers=bearer(good)).status


def test_a_route_that_asks_for_a_token_refuses_nobody_with_a_bare_challenge(edge: Edge) -> None:
    """Behind anonymous=True, routes decide."""
    guarded = edge.guard(App(requires=requirement()), server(), anonymous=True)
    assert (401, BARE) == edge.answer(guarded).brief
    assert (200, None) == edge.answer(guarded, headers=bearer("good")).brief


def test_anonymous_lets_nobody_through_but_no_bad_token(edge: Edge) -> None:
    """Closed by default; a token that was sent and is bad is refused all the same."""
    app = App()
    guarded = edge.guard(app, server(), anonymous=True)
    assert ((200, None), None) == (edge.answer(guarded).brief, app.authentication)
    assert (401, BAD_TOKEN_CHALLENGE) == edge.answer(guarded, headers=bearer("bad")).brief
    assert 400 == edge.answer(guarded, headers=bearer("a b")).status
    assert 1 == len(app.seen)


def test_a_route_behind_no_middleware_is_the_programmers_mistake() -> None:
    """A 500 that says so, never a pass; what somebody else put there does not count."""
    for attached in ({}, {"bearerguard": object(), "bearerguard.standing": "yes"}):
        with pytest.raises(
            ConfigurationError, match=r"^This route asks for an access token, but no bearerguard"
        ):
            authorize(attached, requirement())
