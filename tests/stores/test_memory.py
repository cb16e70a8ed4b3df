"""What only the store in memory does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bearerguard.stores import DuplicateToken, TokenRecord, issue
from bearerguard.stores.memory import MemoryTokenStore


def test_a_token_that_another_adds_meanwhile_is_a_duplicate() -> None:
    """Asked again when the whole is put in."""
    store = MemoryTokenStore()
    first, second = issue(subject="alice")[1], issue(subject="bob")[1]

    def source() -> Iterator[TokenRecord]:
        yield first
        store.add(first)
        yield second

    with pytest.raises(DuplicateToken):
        store.add_many(source())
    assert [first] == list(store.records())
