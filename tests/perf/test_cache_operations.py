"""What a request does to the cache: locks taken, entries read and written.

To change a number here is a decision, and made as `test_calls.py` says.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import nullcontext
from typing import Any

import pytest
from cachetools import LRUCache

from tests.perf.edges import EDGES
from tests.perf.scenes import Scene

OPERATIONS = {
    "header": {},  # the recent ones are read without the lock
    "scopes": {},
    "query": {},
    "form": {},
    "not_recent": {"lock": 1, "read good": 1},
    "refused": {"lock": 2, "read bad": 1},  # looked for among the good ones first
    "unavailable": {"lock": 2},  # neither good nor bad
}


class CountingLock:
    """A lock that counts how often it is taken."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._counts["lock"] += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class CountingCache(LRUCache[bytes, Any]):
    """A cache that counts what changes it or its order; whether a key is in it may be asked for nothing."""

    def __init__(self, counts: Counter[str], name: str, entries: LRUCache[bytes, Any]) -> None:
        super().__init__(entries.maxsize)
        self._name = name
        self._counts: Counter[str] = Counter()
        self.update(entries)
        self._counts = counts

    def __getitem__(self, key: bytes) -> Any:
        self._counts[f"read {self._name}"] += 1
        return super().__getitem__(key)

    def __setitem__(self, key: bytes, value: Any) -> None:
        self._counts[f"write {self._name}"] += 1
        super().__setitem__(key, value)

    def __delitem__(self, key: bytes) -> None:
        self._counts[f"drop {self._name}"] += 1
        super().__delitem__(key)


def watch(cached: Any) -> Counter[str]:
    """Count from now on what is done to this cache."""
    counts: Counter[str] = Counter()
    cached._lock = CountingLock(counts)
    cached._good = CountingCache(counts, "good", cached._good)
    cached._bad = CountingCache(counts, "bad", cached._bad)
    return counts


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("kind", OPERATIONS)
def test_a_request_asks_the_cache_no_more_than_it_must(kind: str, edge: str) -> None:
    """One that is recent takes no lock and touches no order; one that is not, one lock and one read."""
    scene = Scene(kind, edge)
    counts = watch(scene.cached)
    scene.edge.once(nullcontext())
    assert OPERATIONS[kind] == counts


@pytest.mark.parametrize("edge", EDGES)
def test_the_first_request_with_a_token_is_seen_to_fill_the_cache(edge: str) -> None:
    """What is counted as nothing elsewhere would be counted."""
    scene = Scene("header", edge)
    scene.cached.forget(None)
    counts = watch(scene.cached)
    scene.edge.once(nullcontext())
    assert 1 == counts["write good"]
    assert counts["lock"] > 2
