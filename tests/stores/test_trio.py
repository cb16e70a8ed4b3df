"""On an event loop that is none of asyncio, stores whose drivers need that say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio

from bearerguard.errors import ConfigurationError
from bearerguard.stores import issue
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore

Shared = RedisTokenStore | SqlTokenStore


@pytest.fixture(params=[SqlTokenStore, RedisTokenStore])
def store(request: pytest.FixtureRequest) -> Shared:
    """Nobody listens there, which makes no difference."""
    if request.param is SqlTokenStore:
        return SqlTokenStore("postgresql://nobody@127.0.0.1:1/none")
    return RedisTokenStore("redis://127.0.0.1:1/0")


def test_it_is_said_that_they_need_asyncio(store: Shared) -> None:
    """Of each twin, however often: it is no outage, after which they would be left alone."""
    record = issue(subject="alice")[1]
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: store.afind(record.digest),
        lambda: store.aadd(record),
        lambda: store.aextend(record),
        lambda: store.arevoke(record.digest),
        store.aclose,
    ]
    for call in calls * 2:
        with pytest.raises(ConfigurationError) as caught:
            trio.run(call)
        assert f"{type(store).__name__} can be awaited on asyncio only: its drivers know no trio" == str(
            caught.value
        )
