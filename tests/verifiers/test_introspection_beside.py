"""Local tokens and remote ones side by side: each is looked for where it can be."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import Cached, ClientSecretBasic, FirstMatch, Introspection, StoredTokens
from bearerguard.stores import digest_of
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import Verifier
from bearerguard.wire.local_token import mint
from tests.clients.answering import AnsweringClient, active, answer
from tests.support import App, bearer, server, stored
from tests.verifiers.introspecting import (
    DOWN,
    ENDPOINT,
    LEFT_ALONE,
    NAME,
    NO_ANSWER,
    PASSED,
    UNKNOWN,
    Edge,
    Remote,
)

REVOKED = (401, "invalid_token: revoked")


class Watched(MemoryTokenStore):
    """A store that counts how often it is asked."""

    asked = 0

    def find(self, digest: bytes) -> Any:  # type: ignore[override]
        self.asked += 1
        return super().find(digest)


def with_local(remote: Verifier) -> Verifier:
    """The server beside a store of our own."""
    return FirstMatch([StoredTokens(MemoryTokenStore()), remote])


class Beside(Remote):
    """A guard that asks its own store first, and then the server."""

    def __init__(self, edge: Edge, *answers: Any, cached: Any = None, prefix: str | None = "bg_") -> None:
        self.store = Watched()
        local = StoredTokens(self.store, prefix=prefix)
        super().__init__(edge, *answers, cached=cached, around=lambda remote: FirstMatch([local, remote]))

    def asked(self) -> tuple[int, int]:
        """How often the store was asked, and the server."""
        return self.store.asked, self.http.times


@pytest.mark.parametrize("cached", [None, {}])
def test_a_remote_token_costs_no_read_of_the_store(edge: Edge, cached: Any) -> None:
    """Its form tells; also where it is no good."""
    beside = Beside(edge, active(), answer({"active": False}), cached=cached)
    assert [PASSED, UNKNOWN] == [beside.outcome("good"), beside.outcome("bad")]
    assert ((0, 2), NAME) == (beside.asked(), beside.heard[0].verifier)


@pytest.mark.parametrize("cached", [None, {}])
def test_a_local_token_never_travels(edge: Edge, cached: Any) -> None:
    """Known, revoked, unknown or mistyped: the server never sees it."""
    beside = Beside(edge, cached=cached)
    good, revoked = stored(beside.store), stored(beside.store)
    beside.store.revoke(digest_of(revoked))
    assert [PASSED, REVOKED, UNKNOWN] == [beside.outcome(token) for token in (good, revoked, mint())]
    assert (401, "invalid_token: bad checksum") == beside.outcome(f"{good[:-1]}-")
    assert ((3, 0), "stored:bg_") == (beside.asked(), beside.heard[0].verifier)


def test_one_name_from_two_places_is_two_people(edge: Edge) -> None:
    """The identity says whose it is."""
    beside = Beside(edge, active(sub="alice", iss="https://as.example.org"), active(sub="alice"))
    identities = []
    for token in ("remote", "remote", stored(beside.store, subject="alice")):
        assert PASSED == beside.outcome(token)
        identities.append(beside.app.seen[-1]["bearerguard"].user.identity)
    assert [f"{NAME} https://as.example.org|alice", f"{NAME}|alice", "stored:bg_|alice"] == identities


@pytest.mark.parametrize("iss", [..., "https://as.example.org"])
def test_an_issuer_that_is_configured_says_whose_users_they_are(edge: Edge, iss: Any) -> None:
    """Whether or not the server says it as well: one user has one name."""
    remote = Remote(edge, active(iss=iss), issuer="https://as.example.org", around=with_local)
    assert PASSED == remote.outcome()
    assert "https://as.example.org|alice" == remote.app.seen[-1]["bearerguard"].user.identity


@pytest.mark.parametrize(
    "iss", ["stored:bg_", "https://other.example.org", "introspection:other", "a|b", "a%7Cb"]
)
def test_a_server_cannot_pass_for_another_place(edge: Edge, iss: str) -> None:
    """An issuer that nobody has configured is only what that server says of itself."""
    beside = Beside(edge, active(sub="alice", iss=iss))
    assert PASSED == beside.outcome("remote")
    said = iss.replace("%", "%25").replace("|", "%7C")
    assert f"{NAME} {said}|alice" == beside.app.seen[-1]["bearerguard"].user.identity


@pytest.mark.parametrize("cached", [None, {}])
def test_a_server_that_is_down_leaves_local_tokens_alone(edge: Edge, cached: Any) -> None:
    """Also while it is left alone."""
    beside = Beside(edge, DOWN, cached=cached)
    good = stored(beside.store)
    assert [NO_ANSWER, PASSED] * 5 == [beside.outcome(token) for _ in range(5) for token in ("remote", good)]
    assert (LEFT_ALONE, PASSED) == (beside.outcome(), beside.outcome(good))
    assert (6, 5) == beside.asked()


def test_imported_tokens_of_any_form_are_looked_for_here_first(edge: Edge) -> None:
    """Then the form tells nothing, and each remote one costs a read."""
    beside = Beside(edge, prefix=None)
    good = stored(beside.store)
    assert [PASSED, PASSED] == [beside.outcome(good), beside.outcome("remote")]
    assert (2, 1) == beside.asked()


def test_warm_remote_tokens_are_known_on_the_spot(edge: Edge) -> None:
    """Through the chain, without a read or a call, and fresh."""
    beside = Beside(edge, cached={})
    assert [PASSED] * 3 == [beside.outcome() for _ in range(3)]
    assert ((0, 1), [False, True, True]) == (beside.asked(), [one.cached for one in beside.heard])


def remote_of(http: AnsweringClient) -> Introspection:
    """A verifier of its own, at the one host."""
    return Introspection(ENDPOINT, client=ClientSecretBasic("api", "secret"), http=http)


def test_our_own_tokens_never_travel_wherever_the_store_stands(edge: Edge) -> None:
    """A store with a prefix is asked before the others."""
    store = MemoryTokenStore()
    http = AnsweringClient([active()])
    guarded = edge.guard(App(), server(FirstMatch([remote_of(http), StoredTokens(store)])))
    assert 200 == edge.answer(guarded, headers=bearer(stored(store))).status
    assert 401 == edge.answer(guarded, headers=bearer(stored(MemoryTokenStore()))).status
    assert [] == http.asked


def test_lists_in_a_list_keep_one_name_apart(edge: Edge) -> None:
    """Two servers at one host, each in a list of its own: one name there is two people."""
    first = AnsweringClient([active(sub="alice"), answer({"active": False})])
    lists = [
        Cached(FirstMatch([remote_of(http)])) for http in (first, AnsweringClient([active(sub="alice")]))
    ]
    app = App()
    guarded = edge.guard(app, server(FirstMatch(lists)))
    for token in ("of-the-first", "of-the-second"):
        assert 200 == edge.answer(guarded, headers=bearer(token)).status
    identities = [one["bearerguard"].user.identity for one in app.seen]
    assert [f"{NAME}|alice", f"first match#2/{NAME}|alice"] == identities
