"""The cache of what a feed tells about: how long it trusts what it keeps, and what it drops."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    FirstMatch,
    FromFunction,
    InvalidToken,
    Reason,
    RevokedTokens,
    StoredTokens,
    Unavailable,
)
from bearerguard.flow import run
from bearerguard.stores.feed import Feed
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.revocations import (
    revocation_of_client,
    revocation_of_jti,
    revocation_of_subject,
    revocation_of_token,
)
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.verifiers import ASK
from tests.clients.answering import active
from tests.support import START, Clock, credentials, known
from tests.verifiers.caching import Source
from tests.verifiers.introspecting import PASSED, Edge, Remote

AS = "https://as.example.org"


class FakeFeed:
    """A feed that has heard what a test says."""

    def __init__(self, heard_at: float = 500.0) -> None:
        self.heard_at = heard_at
        self.listened = 0

    def listen(self) -> None:
        self.listened += 1


class Fed(FromFunction):
    """A verifier whose answers feeds tell about."""

    def __init__(self, source: Source, feeds: Iterable[Feed]) -> None:
        super().__init__(source, name="fed")
        self._feeds = list(feeds)

    def feeds(self) -> Iterable[Feed]:
        return self._feeds


class Cache:
    """A cache around one, under a clock that stands still."""

    def __init__(self, *feeds: Feed, **settings: Any) -> None:
        self.source, self.monotonic = Source(), Clock(500.0)
        self.cached = Cached(Fed(self.source, feeds), monotonic=self.monotonic, now=Clock(), **settings)

    def ask(self) -> AccessToken | None:
        found = self.cached.recall(credentials().token)
        return run(self.cached.verify(credentials())) if found is ASK else found

    def times_after(self, seconds: float) -> int:
        """How often the source has been asked, after so much time and one more request."""
        self.monotonic.move(seconds)
        self.ask()
        return len(self.source.asked)


def test_what_a_feed_vouches_for_lives_for_its_full_age() -> None:
    """As long as the feed has lately heard."""
    feed = FakeFeed()
    cache = Cache(feed)
    assert 1 == cache.times_after(0)
    for _ in range(14):
        feed.heard_at += 4
        assert 1 == cache.times_after(4)
    assert (1, 1) == (cache.times_after(3.9), feed.listened)
    assert (2, 2) == (cache.times_after(0.1), feed.listened)


def test_without_its_feed_an_answer_lives_for_a_short_while() -> None:
    """From its question on, to the instant: `unfed_max_age_seconds`."""
    cache = Cache(FakeFeed(-math.inf), unfed_max_age_seconds=2.0)
    assert [1, 1, 2, 2, 3] == [cache.times_after(seconds) for seconds in (0, 1.9, 0.1, 1.9, 0.1)]


def test_what_was_heard_counts_from_the_last_proof() -> None:
    """An answer is no older than that, and the short while after it."""
    feed = FakeFeed()
    cache = Cache(feed)
    assert 1 == cache.times_after(0)
    feed.heard_at = 510.0
    assert [1, 1] == [cache.times_after(14.9), len(cache.source.asked)]
    assert 2 == cache.times_after(0.1)
    assert [2, 3] == [cache.times_after(4.9), cache.times_after(0.1)]


def test_a_feed_that_comes_back_in_the_middle_of_a_request_vouches_for_nothing_older() -> None:
    """All is dropped before it counts as back; who has taken something out just before that looks it up."""
    feed = FakeFeed()
    cache = Cache(feed)
    cache.ask()
    cache.source.answer = InvalidToken(Reason.REVOKED)

    def is_back() -> float:
        cache.cached.forget(None)
        feed.heard_at = 530.0
        return 530.0

    cache.cached._monotonic = is_back
    with pytest.raises(InvalidToken):
        cache.ask()


def test_after_a_gap_refusals_are_forgotten_too() -> None:
    """Of many tokens that were added at once none waits until its refusal is old."""
    cache = Cache(FakeFeed())
    cache.source.answer = None
    assert cache.ask() is None
    cache.source.answer = AccessToken(subject="alice")
    assert cache.ask() is None
    cache.cached.forget(None)
    assert cache.ask() is not None


def test_nor_does_it_prolong_what_bridges_an_outage() -> None:
    """The same of stale facts, whose age counts from the shorter one on."""
    feed = FakeFeed()
    cache = Cache(feed, stale_if_error_seconds=10.0)
    cache.ask()
    cache.source.answer = Unavailable("down")
    cache.monotonic.move(30.0)

    def is_back() -> float:
        feed.heard_at = 530.0
        return 530.0

    cache.source.meanwhile = lambda: setattr(cache.cached, "_monotonic", is_back)
    with pytest.raises(Unavailable):
        cache.ask()


def test_a_shorter_age_is_not_prolonged_by_that() -> None:
    """The smaller of the two counts."""
    cache = Cache(FakeFeed(-math.inf), unfed_max_age_seconds=90.0)
    assert [1, 1, 2] == [cache.times_after(seconds) for seconds in (0, 59.9, 0.1)]


def test_of_several_feeds_the_one_that_is_behind_counts() -> None:
    """An answer may be of any of them; one that is there twice listens once."""
    behind, ahead = FakeFeed(490.0), FakeFeed(500.0)
    cache = Cache(behind, ahead, ahead)
    assert (1, 1, 1) == (cache.times_after(0), behind.listened, ahead.listened)
    behind.heard_at, ahead.heard_at = 501.0, 600.0
    assert [1, 2] == [cache.times_after(5.9), cache.times_after(0.1)]


def test_an_outage_of_both_is_bridged_no_longer_for_a_shorter_age() -> None:
    """Of the shorter of the two ages."""
    cache = Cache(FakeFeed(-math.inf), max_age_seconds=2.0, stale_if_error_seconds=10.0)
    cache.ask()
    cache.source.answer = Unavailable("down")
    cache.monotonic.move(11.9)
    cache.ask()
    cache.monotonic.move(0.1)
    with pytest.raises(Unavailable):
        cache.ask()


def test_without_any_feed_only_the_age_counts() -> None:
    """Of what nobody tells."""
    cache = Cache(unfed_max_age_seconds=1.0)
    assert [1, 1, 2] == [cache.times_after(seconds) for seconds in (0, 59.9, 0.1)]


def test_an_outage_of_both_is_bridged_from_the_shorter_age_on() -> None:
    """`stale_if_error_seconds` are added to what is trusted without the feed."""
    feed = FakeFeed()
    cache = Cache(feed, stale_if_error_seconds=10.0)
    facts = cache.ask()
    cache.source.answer = Unavailable("down")
    cache.monotonic.move(14.9)
    stale = cache.ask()
    assert (facts and facts.subject, True) == (stale and stale.subject, stale and stale.stale)
    cache.monotonic.move(0.1)
    with pytest.raises(Unavailable):
        cache.ask()


def test_who_is_told_of_while_it_is_looked_up_is_not_kept() -> None:
    """The answer may be from before; one token, or all."""
    for digest in (credentials().digest(), None):
        cache = Cache(FakeFeed())
        cache.source.meanwhile = lambda told=digest, at=cache: at.cached.forget(told)  # type: ignore[misc]
        cache.ask()
        cache.source.meanwhile, cache.source.answer = (lambda: None), InvalidToken(Reason.REVOKED)
        with pytest.raises(InvalidToken):
            cache.ask()


def test_the_feeds_of_all_verifiers_are_found(tmp_path: Any) -> None:
    """However they are put together; a store without one has none."""
    fed = SqliteTokenStore(tmp_path / "fed.db")
    unfed = SqliteTokenStore(tmp_path / "unfed.db", feed=False)
    inner = FromFunction(known())
    assert [fed.feed] == list(StoredTokens(fed).feeds())
    assert [fed.feed] == list(Cached(RevokedTokens(inner, fed)).feeds())
    assert [fed.feed] == list(FirstMatch([StoredTokens(fed), RevokedTokens(inner, unfed)]).feeds())
    assert [] == [*StoredTokens(unfed).feeds(), *StoredTokens(MemoryTokenStore()).feeds(), *inner.feeds()]
    unfed.close()
    fed.close()


REVOCATIONS = {
    "token": lambda: revocation_of_token("remote", expires_at=None, now=Clock()),
    "jti": lambda: revocation_of_jti(AS, "j", expires_at=None, now=Clock()),
    "subject": lambda: revocation_of_subject(AS, "alice", now=Clock()),
    "client": lambda: revocation_of_client(AS, "app", now=Clock()),
}


@pytest.mark.parametrize("kind", REVOCATIONS)
def test_an_introspected_token_can_be_revoked_here(edge: Edge, kind: str) -> None:
    """Before its server knows: `Cached(RevokedTokens(Introspection(...), store))`."""
    store = MemoryTokenStore()
    facts = active(iss=AS, jti="j", sub="alice", client_id="app", iat=int(START) - 1, exp=int(START) + 900)
    clocks: dict[str, Any] = {"now": Clock(), "monotonic": Clock(500.0)}
    remote = Remote(
        edge, facts, issuer=AS, around=lambda inner: Cached(RevokedTokens(inner, store), **clocks)
    )
    assert [PASSED, PASSED] == [remote.outcome(), remote.outcome()]
    store.extend(REVOCATIONS[kind]())
    assert [(401, "invalid_token: revoked")] * 2 == [remote.outcome(), remote.outcome()]
