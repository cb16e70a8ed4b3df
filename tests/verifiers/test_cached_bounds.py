"""The cache is bounded, in places, in bytes and in time, whoever fills it."""

from __future__ import annotations

import random
import sys
import threading
from hashlib import sha256
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Cached,
    ConfigurationError,
)
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers.stored import StoredTokens
from tests.support import credentials
from tests.verifiers.caching import Cache


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


@pytest.mark.parametrize(("said", "kept"), [(None, 60), (5.0, 5), (1_000.0, 60), (0.0, 0)])
def test_facts_may_say_for_how_long_they_are_kept(said: float | None, kept: float) -> None:
    """What is less counts; with 0 each request asks."""
    cache = Cache(AccessToken(subject="alice", max_age_seconds=said))
    cache.ask()
    cache.move(max(kept - 0.1, 0))
    cache.ask()
    assert (1 if kept else 2) == cache.times()
    cache.move(0.1)
    cache.ask()
    assert (2 if kept else 3) == cache.times()
