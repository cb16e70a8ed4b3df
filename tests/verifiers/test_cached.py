"""The cache: facts, never decisions; whatever happens, nothing is good for longer than it was said to be."""

from __future__ import annotations

import logging
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ConfigurationError,
    FromFunction,
    InvalidToken,
    Reason,
    Unavailable,
)
from bearerguard.flow import run
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import ASK
from bearerguard.verifiers.stored import StoredTokens
from tests.support import START, Clock, credentials, stored


@dataclass
class Source:
    """A verifier's function that says what it is told to and notes what it was asked."""

    answer: Any = field(default_factory=lambda: AccessToken(subject="alice"))
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Any] = lambda: None

    def __call__(self, token: str) -> AccessToken | None:
        self.asked.append(token)
        answer = self.answer
        self.meanwhile()
        if isinstance(answer, Exception):
            raise answer
        found: AccessToken | None = answer(token) if callable(answer) else answer
        return found


class Cache:
    """A cache around a source, under two clocks."""

    def __init__(self, answer: Any = None, **settings: Any) -> None:
        self.source = Source() if answer is None else Source(answer)
        self.now, self.monotonic = Clock(), Clock(500.0)
        self.cached = Cached(
            FromFunction(self.source, name="f"), now=self.now, monotonic=self.monotonic, **settings
        )

    def ask(self, token: str = "token") -> Any:
        """What a request gets: from memory if possible. A refusal is given as its reason."""
        try:
            known = self.cached.recall(credentials(token))
            return run(self.cached.verify(credentials(token))) if known is ASK else known
        except InvalidToken as error:
            return error.reason

    def times(self) -> int:
        return len(self.source.asked)

    def move(self, seconds: float) -> None:
        self.now.move(seconds)
        self.monotonic.move(seconds)


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
    """Of so much more age; with a line that names the token by eight digits."""
    cache = Cache(max_age_seconds=60, stale_if_error_seconds=30)
    facts = cache.ask()
    cache.source.answer = Unavailable("down")
    cache.move(89.9)
    with caplog.at_level(logging.WARNING):
        assert facts == cache.ask()
    line = f"serving stale facts for token {sha256(b'token').hexdigest()[:8]}: down"
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
    assert [ASK, "alice"] == [getattr(cached.recall(credentials(token)), "subject", ASK) for token in tokens]
    store.revoke_all(subject="alice")
    assert [ASK, ASK] == [cached.recall(credentials(token)) for token in tokens]
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
    assert ASK is cached.recall(credentials(token))


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


def test_random_tokens_never_push_out_a_good_one_and_memory_stays_bounded() -> None:
    """100,000 of them: a stranger must not be able to empty the cache, nor to fill the machine."""
    cache = Cache(
        lambda token: AccessToken(subject="alice") if token == "good" else None,
        max_entries=10,
        max_negative_entries=1_000,
    )
    cache.ask("good")
    numbers = random.Random(1)  # noqa: S311 - the same ones every time
    for _ in range(100_000):
        cache.ask(f"{numbers.getrandbits(128):x}")
    asked = cache.times()
    assert ("alice", asked) == (cache.ask("good").subject, cache.times())
    assert (1, 1_000) == (len(cache.cached._good), len(cache.cached._bad))
    assert {} == cache.cached._coalesce._flights


def test_random_tokens_cost_a_few_hundred_bytes_each_at_most() -> None:
    """The bound is one of memory, too."""
    cache = Cache(lambda token: None, max_negative_entries=1_000)
    for number in range(2_000):
        cache.ask(str(number))
    size = sum(sys.getsizeof(one) for pair in cache.cached._bad.items() for one in (*pair, *pair[1]))
    assert size / 1_000 < 400


@pytest.mark.parametrize("max_entries", [1, 3, 16, 100])
def test_good_tokens_are_bounded_and_the_least_used_goes_first(max_entries: int) -> None:
    """LRU: what is used stays, whatever else comes."""
    cache = Cache(max_entries=max_entries)
    cache.ask("0")
    for number in range(1, 10 * max_entries):
        cache.ask(str(number))
        if max_entries > 1:
            cache.ask("0")
    assert max_entries == len(cache.cached._good)
    assert max(1, max_entries // 8) >= len(cache.cached._recent)
    expected = 1 if max_entries > 1 else 0
    before = cache.times()
    cache.ask("0")
    assert (expected == 1) == (before == cache.times())


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


def test_the_key_is_the_digest_and_no_token_is_kept() -> None:
    """A dump of the process's cache gives no token away."""
    cache = Cache(lambda token: AccessToken() if token == "secretgood" else None)
    cache.ask("secretgood")
    cache.ask("secretbad")
    held = repr([vars(cache.cached), dict(cache.cached._good), dict(cache.cached._bad), cache.cached._recent])
    assert "secret" not in held
    assert [sha256(b"secretgood").digest()] == list(cache.cached._good)


def test_many_threads_at_once_keep_it_whole() -> None:
    """Look-ups, evictions and revocations in a jumble: no error, and bounds hold."""
    cache = Cache(max_entries=20, max_negative_entries=20)
    cache.source.answer = lambda token: AccessToken(subject=token) if len(token) % 2 else None
    errors: list[BaseException] = []

    def work(seed: int) -> None:
        numbers = random.Random(seed)  # noqa: S311
        try:
            for _ in range(1_000):
                token = str(numbers.randrange(200))
                found = cache.ask(token)
                assert found is None or found.subject == token
                if numbers.random() < 0.02:
                    cache.cached.forget(None if numbers.random() < 0.2 else credentials(token).digest())
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == errors
    assert 20 >= len(cache.cached._good)
    assert {} == cache.cached._coalesce._flights


def test_it_is_its_verifier_to_everybody_else() -> None:
    """Name, ports, changes."""
    store = MemoryTokenStore()
    cached = Cached(StoredTokens(store))
    heard: list[bytes | None] = []
    cached.subscribe(heard.append)
    store.revoke(b"x" * 32)
    assert ("stored:bg_", [store.find], [b"x" * 32]) == (cached.name, list(cached.ports()), heard)
    assert (True, False) == (cached.cached, cached.many)


@pytest.mark.parametrize("name", ["max_entries", "max_negative_entries"])
@pytest.mark.parametrize("size", [0, -1, 1.5, True, "5", None, float("inf")])
def test_a_size_of_nothing_is_a_mistake(name: str, size: Any) -> None:
    """A cache that holds nothing, or everything, is none."""
    with pytest.raises(ConfigurationError) as caught:
        Cache(**{name: size})
    assert f"Cached({name}=...) must be a number of entries, 1 or more" == str(caught.value)


@pytest.mark.parametrize("name", ["max_age_seconds", "max_negative_age_seconds", "stale_if_error_seconds"])
@pytest.mark.parametrize("age", [0, -1.0, True, "5", None, float("inf"), float("nan")])
def test_an_age_of_nothing_is_a_mistake(name: str, age: Any) -> None:
    """Or one without an end; only stale_if_error_seconds=0 says something: off."""
    if name == "stale_if_error_seconds" and age == 0:
        Cache(**{name: age})
        return
    with pytest.raises(ConfigurationError) as caught:
        Cache(**{name: age})
    assert f"Cached({name}=...) must be a finite number of seconds, more than 0" == str(caught.value)


@pytest.mark.parametrize("verifier", [None, lambda token: None, StoredTokens, MemoryTokenStore()])
def test_anything_but_a_verifier_is_a_mistake(verifier: Any) -> None:
    """A store is not a verifier."""
    with pytest.raises(ConfigurationError) as caught:
        Cached(verifier)
    assert "Cached needs a verifier, such as StoredTokens(store)" == str(caught.value)
