"""What a revocation drops from a cache: the tokens that it is about, and all where nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken, Cached, FromFunction, InvalidToken, RevokedTokens
from bearerguard.flow import run
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.revocations import revocation_of_client, revocation_of_jti, revocation_of_subject
from bearerguard.verifiers import ASK
from bearerguard.verifiers._index import Index
from tests.support import START, Clock, credentials

AS = "https://as.example.org"


class Many:
    """A cache of the tokens of two users, with a list of revocations inside."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.store = MemoryTokenStore()
        inner = RevokedTokens(FromFunction(self._look_up), self.store)
        self.cached = Cached(inner, now=Clock(), monotonic=Clock(500.0))
        self.inner = inner

    def _look_up(self, token: str) -> AccessToken:
        self.asked.append(token)
        subject, _, number = token.partition("-")
        return AccessToken(
            subject=subject, client_id="app", issuer=AS, issued_at=START - 1, claims={"jti": number}
        )

    def asks(self, *tokens: str) -> list[str]:
        """Show these; which of them were asked about, and which were refused."""
        self.asked.clear()
        for token in tokens:
            before = len(self.asked)
            try:
                if self.cached.recall(token.encode()) is ASK:
                    run(self.cached.verify(credentials(token)))
            except InvalidToken:
                self.asked += [f"{token} is bad"] if len(self.asked) > before else []
        return list(self.asked)


def test_a_revocation_drops_what_it_is_about_and_nothing_else() -> None:
    """Each of the others would cost its verification again."""
    many = Many()
    tokens = ("alice-1", "alice-2", "bob-3")
    assert [list(tokens), []] == [many.asks(*tokens), many.asks(*tokens)]
    many.store.extend(revocation_of_jti(AS, "3", expires_at=None))
    assert ["bob-3", "bob-3 is bad"] == many.asks(*tokens)
    many.store.extend(revocation_of_subject(AS, "alice", now=Clock()))
    assert ["alice-1", "alice-1 is bad", "alice-2", "alice-2 is bad"] == many.asks("alice-1", "alice-2")
    many.store.extend(revocation_of_subject(AS, "carol", now=Clock()))
    assert [] == many.asks("alice-1", "alice-2", "bob-3")


def test_a_revocation_of_an_application_drops_all_of_its_tokens() -> None:
    """Of every user."""
    many = Many()
    many.asks("alice-1", "bob-2")
    many.store.extend(revocation_of_client(AS, "app", now=Clock()))
    assert ["alice-1", "alice-1 is bad", "bob-2", "bob-2 is bad"] == many.asks("alice-1", "bob-2")


def test_two_caches_around_one_list_are_told_both() -> None:
    """The index is of both."""
    many = Many()
    other = Cached(many.inner, now=Clock(), monotonic=Clock(500.0))
    many.asks("alice-1")
    run(other.verify(credentials("alice-1")))
    many.store.extend(revocation_of_jti(AS, "1", expires_at=None))
    assert [ASK, ASK] == [one.recall(b"alice-1") for one in (many.cached, other)]
    many.store.revoke_all(subject="anybody")
    assert [ASK, ASK] == [one.recall(b"alice-1") for one in (many.cached, other)]


def test_a_revocation_that_is_made_while_we_look_is_not_lost() -> None:
    """Its token is known to the index before the list is looked at."""
    many = Many()
    find = many.inner._find

    def slow(digest: bytes) -> Any:
        found = yield from find(digest)
        many.inner._find = find
        many.store.extend(revocation_of_jti(AS, "1", expires_at=None))  # after the first answer
        return found

    many.inner._find = slow
    many.asks("alice-1")
    assert ["alice-1", "alice-1 is bad"] == many.asks("alice-1")


def test_where_the_index_has_lost_something_all_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is bounded; what nobody can tell is looked up anew."""
    many = Many()
    many.inner._index = Index(max_pairs=4)
    tokens = [f"alice-{number}" for number in range(4)]
    many.asks(*tokens)
    many.store.extend(revocation_of_jti(AS, "nobody's", expires_at=None))
    assert tokens == many.asks(*tokens)


def test_an_index_knows_an_older_and_a_younger_half() -> None:
    """None once a half is gone that held something; all is well again when it is cleared."""
    index = Index(max_pairs=2)
    index.add([b"one"], b"a")
    index.add([b"one"], b"b")
    index.add([b"one", b"two"], b"c")
    assert [{b"a", b"b", b"c"}, {b"c"}, set()] == [index.find(name) for name in (b"one", b"two", b"three")]
    index.add([b"one"], b"a")
    assert index.find(b"two") is None
    index.clear()
    assert set() == index.find(b"two")
    index.add([b"two"], b"d")
    index.renew()
    assert set() == index.find(b"two")
