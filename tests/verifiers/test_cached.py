"""The cache: facts, never decisions; whatever happens, nothing is good for longer than it was said to be."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    InvalidToken,
    Reason,
    Unavailable,
)
from bearerguard.flow import run
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import ASK
from bearerguard.verifiers.stored import StoredTokens
from tests.support import START, credentials
from tests.verifiers.caching import Cache


def test_a_good_token_is_asked_for_once_within_its_age() -> None:
    """max_age_seconds, to the second: the age ends on it."""
    cache = Cache(max_age_seconds=60)
    first = cache.ask()
    cache.move(59.9)
    assert (first, 1) == (cache.ask(), cache.times())
    cache.move(0.1)
    assert (first, 2) == (cache.ask(), cache.times())


def test_the_age_counts_from_the_question_not_from_the_answer() -> None:
    """A slow answer may be old when it comes."""
    cache = Cache(max_age_seconds=60)
    cache.source.meanwhile = lambda: cache.move(20)
    cache.ask()
    cache.move(40)
    cache.ask()
    assert 2 == cache.times()


def test_a_token_is_never_kept_past_its_expiry() -> None:
    """min(max_age, expires_at - now)."""
    cache = Cache(AccessToken(subject="alice", expires_at=START + 10), max_age_seconds=60)
    cache.ask()
    cache.move(9.9)
    cache.ask()
    assert 1 == cache.times()
    cache.move(0.1)
    cache.ask()
    assert 2 == cache.times()


def test_a_wall_clock_that_jumps_back_prolongs_nothing() -> None:
    """Ages are measured on a clock that cannot."""
    cache = Cache(AccessToken(subject="alice", expires_at=START + 10), max_age_seconds=60)
    cache.ask()
    cache.monotonic.move(10)
    cache.now.move(-1_000_000)
    cache.ask()
    assert 2 == cache.times()


@pytest.mark.parametrize("answer", [lambda token: None, InvalidToken(Reason.REVOKED)])
def test_a_bad_token_is_remembered_for_a_few_seconds(answer: Any) -> None:
    """With the reason for the log; then somebody may have issued it."""
    cache = Cache(answer, max_negative_age_seconds=5)
    first = cache.ask()
    cache.move(4.9)
    assert (first, 1) == (cache.ask(), cache.times())
    cache.move(0.1)
    assert (first, 2) == (cache.ask(), cache.times())


def test_a_token_that_turns_bad_is_not_good_any_more() -> None:
    """And one that turns good is not bad."""
    cache = Cache(max_age_seconds=60)
    good = cache.ask()
    cache.move(60)
    cache.source.answer = InvalidToken(Reason.REVOKED)
    assert [Reason.REVOKED] * 2 == [cache.ask(), cache.ask()]
    cache.move(5)
    cache.source.answer = good
    assert ([good] * 2, 3) == ([cache.ask(), cache.ask()], cache.times())
    cache.source.answer = Unavailable("down")
    cache.move(59)
    assert good == cache.ask()


def test_an_expired_token_is_remembered_as_a_bad_one() -> None:
    """The server says expired; meanwhile nobody is asked, and no place among good ones is taken."""
    cache = Cache(AccessToken(subject="alice", expires_at=START), max_negative_age_seconds=5)
    assert START == cache.ask().expires_at
    cache.move(4)
    assert (START, 1) == (cache.ask().expires_at, cache.times())
    cache.move(1)
    cache.ask()
    assert (2, 0) == (cache.times(), len(cache.cached._good))


def test_what_a_caller_does_to_an_answer_never_changes_the_cached_one() -> None:
    """Scopes and claims, on the first answer and on the later ones."""
    given = {"groups": ["staff"]}
    scopes = {"tag"}
    cache = Cache(lambda token: AccessToken(scopes=scopes, claims=given))  # type: ignore[arg-type]
    first = cache.ask()
    given["groups"].append("admin")
    scopes.add("admin")
    with pytest.raises(TypeError):
        first.claims["groups"] = ("admin",)
    with pytest.raises(AttributeError):
        first.scopes.add("admin")
    with pytest.raises(AttributeError):
        first.scopes = frozenset({"admin"})
    assert ({"groups": ("staff",)}, {"tag"}) == (cache.ask().claims, cache.ask().scopes)


def test_it_is_its_verifier_to_everybody_else() -> None:
    """Name, ports, changes."""
    store = MemoryTokenStore()
    cached = Cached(StoredTokens(store))
    heard: list[bytes | None] = []
    cached.subscribe(heard.append)
    store.revoke(b"x" * 32)
    assert ("stored:bg_", [store.find], [b"x" * 32]) == (cached.name, list(cached.ports()), heard)
    assert (True, False) == (cached.cached, cached.many)


def test_who_comes_just_after_an_answer_does_not_ask_again() -> None:
    """Between the look into the cache and the question, somebody else's answer may have arrived."""
    cache = Cache()
    assert [ASK, ASK] == [cache.cached.recall(credentials().token) for _ in range(2)]
    first, second = (run(cache.cached.verify(credentials())) for _ in range(2))
    assert (True, 1) == (first is second, cache.times())
