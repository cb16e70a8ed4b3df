"""The cache through revocations and outages: what was heard before does not outlive them."""

from __future__ import annotations

import asyncio
import logging
from hashlib import sha256

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    FromFunction,
    InvalidToken,
    Reason,
    Unavailable,
)
from bearerguard.flow import arun, run
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import ASK
from bearerguard.verifiers.stored import StoredTokens
from tests.support import START, Clock, credentials, stored
from tests.verifiers.caching import Cache


def test_a_wall_clock_that_jumps_back_does_not_prolong_an_outage_either() -> None:
    """Stale facts are dead at their expiry on the clock that cannot jump."""
    cache = Cache(
        AccessToken(subject="alice", expires_at=START + 100), max_age_seconds=60, stale_if_error_seconds=900
    )
    facts = cache.ask()
    cache.source.answer = Unavailable("down")
    cache.monotonic.move(99)
    cache.now.move(-1_000_000)
    assert facts == cache.ask()
    cache.monotonic.move(1)
    with pytest.raises(Unavailable):
        cache.ask()


def test_an_outage_is_never_remembered() -> None:
    """The next request asks again."""
    cache = Cache(Unavailable("down"))
    for _ in range(2):
        with pytest.raises(Unavailable, match="down"):
            cache.ask()
    assert 2 == cache.times()


def test_an_outage_is_not_bridged_unless_asked_for() -> None:
    """stale_if_error_seconds is 0 by default."""
    cache = Cache(max_age_seconds=60)
    cache.ask()
    cache.source.answer = Unavailable("down")
    cache.move(60)
    with pytest.raises(Unavailable):
        cache.ask()


def test_known_facts_may_serve_through_an_outage_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """Of so much more age; with a line that says so."""
    cache = Cache(max_age_seconds=60, stale_if_error_seconds=30)
    facts = cache.ask()
    cache.source.answer = Unavailable("down")
    cache.move(89.9)
    with caplog.at_level(logging.WARNING):
        assert facts == cache.ask()
    line = "serving stale facts of f through an outage: down"
    assert line in [one.getMessage() for one in caplog.records]
    cache.move(0.1)
    with pytest.raises(Unavailable):
        cache.ask()
    assert 3 == cache.times()


def test_stale_facts_never_outlive_their_token() -> None:
    """Never past expires_at."""
    cache = Cache(AccessToken(expires_at=START + 70), max_age_seconds=60, stale_if_error_seconds=900)
    cache.ask()
    cache.source.answer = Unavailable("down")
    cache.move(69.9)
    cache.ask()
    cache.move(0.1)
    with pytest.raises(Unavailable):
        cache.ask()


def test_what_was_revoked_does_not_serve_through_an_outage() -> None:
    """A no is not forgotten because of one."""
    cache = Cache(stale_if_error_seconds=900)
    cache.ask()
    cache.move(60)
    cache.source.answer = InvalidToken(Reason.REVOKED)
    cache.ask()
    cache.move(5)
    cache.source.answer = Unavailable("down")
    with pytest.raises(Unavailable):
        cache.ask()


def test_an_unknown_token_is_no_stale_fact() -> None:
    """There is nothing to serve."""
    cache = Cache(Unavailable("down"), stale_if_error_seconds=900)
    with pytest.raises(Unavailable):
        cache.ask()


def test_a_revocation_in_this_process_is_seen_at_once() -> None:
    """Through the verifier's own store: one token, or many."""
    store = MemoryTokenStore()
    tokens = [stored(store), stored(store)]
    cached = Cached(StoredTokens(store), now=Clock(), monotonic=Clock())
    for token in tokens:
        run(cached.verify(credentials(token)))
    store.revoke(credentials(tokens[0]).digest())
    assert [ASK, "alice"] == [
        getattr(cached.recall(credentials(token).token), "subject", ASK) for token in tokens
    ]
    store.revoke_all(subject="alice")
    assert [ASK, ASK] == [cached.recall(credentials(token).token) for token in tokens]
    for token in tokens:
        with pytest.raises(InvalidToken):
            run(cached.verify(credentials(token)))


def test_a_token_that_was_unknown_is_good_as_soon_as_it_is_added() -> None:
    """A negative answer is forgotten likewise."""
    store, other = MemoryTokenStore(), MemoryTokenStore()
    token = stored(other)
    cached = Cached(StoredTokens(store))
    with pytest.raises(InvalidToken):
        run(cached.verify(credentials(token)))
    store.add(next(other.records()))
    assert ASK is cached.recall(credentials(token).token)


@pytest.mark.parametrize("many", [False, True])
def test_a_revocation_between_answer_and_fill_is_not_lost(many: bool) -> None:
    """What was heard may be from before: it serves who asked, and nobody else."""
    cache = Cache()
    digest = credentials().digest()
    cache.source.meanwhile = lambda: cache.cached.forget(None if many else digest)
    good = cache.ask()
    cache.source.meanwhile, cache.source.answer = (lambda: None), InvalidToken(Reason.REVOKED)
    assert ("alice", Reason.REVOKED) == (good.subject, cache.ask())


def test_a_revocation_while_a_refusal_is_under_way_is_not_lost_either() -> None:
    """A token that is added just then is good."""
    cache = Cache(InvalidToken())
    cache.source.meanwhile = lambda: cache.cached.forget(credentials().digest())
    cache.ask()
    cache.source.meanwhile, cache.source.answer = (lambda: None), AccessToken(subject="alice")
    assert "alice" == cache.ask().subject


def test_another_tokens_revocation_disturbs_nothing() -> None:
    """Unless its digest begins with the same byte."""
    cache = Cache()
    digest = bytes([credentials().digest()[0] ^ 1]) + b"x" * 31
    cache.source.meanwhile = lambda: cache.cached.forget(digest)
    cache.ask()
    cache.ask()
    assert 1 == cache.times()


def test_who_comes_after_a_revocation_does_not_join_a_look_up_from_before() -> None:
    """It began before, so its answer may be from before."""

    async def scenario() -> tuple[str | None, Reason, int]:
        go, answers = asyncio.Event(), iter([AccessToken(subject="alice"), InvalidToken(Reason.REVOKED)])
        asked: list[str] = []

        async def slow(token: str) -> AccessToken:
            asked.append(token)
            answer = next(answers)
            await go.wait()
            if isinstance(answer, InvalidToken):
                raise answer
            return answer

        cached = Cached(FromFunction(slow))
        before = asyncio.create_task(arun(cached.verify(credentials())))
        await asyncio.sleep(0)
        cached.forget(credentials().digest())
        after = asyncio.create_task(arun(cached.verify(credentials())))
        await asyncio.sleep(0)
        go.set()
        facts = await before
        with pytest.raises(InvalidToken) as caught:
            await after
        return facts and facts.subject, caught.value.reason, len(asked)

    assert ("alice", Reason.REVOKED, 2) == asyncio.run(scenario())


def test_a_refusal_is_remembered_although_another_token_was_revoked_meanwhile() -> None:
    """What was good before does not come back in the next outage, whatever else happened."""
    cache = Cache(max_age_seconds=60, stale_if_error_seconds=900)
    assert isinstance(cache.ask(), AccessToken)
    cache.move(61)
    digest = sha256(b"token").digest()
    other = digest[:1] + bytes(31)
    cache.source.answer = InvalidToken(Reason.REVOKED)
    cache.source.meanwhile = lambda: cache.cached.forget(other)
    assert Reason.REVOKED is cache.ask()
    cache.source.answer = Unavailable("down")
    with pytest.raises(Unavailable):
        cache.ask()
