"""Last uses in Redis, where they are a part of the token's own value."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis

from bearerguard.errors import Unavailable
from bearerguard.stores import TokenRecord, issue
from bearerguard.stores._redis.values import dumped
from bearerguard.stores.opening import open_store
from bearerguard.stores.redis import RedisTokenStore
from tests.stores.redis_servers import URL, forget, own_prefix


@pytest.fixture
def redis_store() -> Iterator[RedisTokenStore]:
    prefix = own_prefix("foreign-uses")
    store = RedisTokenStore(URL, prefix=prefix)
    yield store
    store.close()
    forget(prefix)


AT_FIVE = struct.pack(">d", 5.0)
RECORD = TokenRecord(secrets.token_bytes(32), "alice", issued_at=1.0, expires_at=None)


@pytest.mark.parametrize("at", [float("nan"), float("inf"), -1.0, 1e300, 0.0])
def test_an_instant_in_redis_that_is_none_counts_for_none(redis_store: RedisTokenStore, at: float) -> None:
    """The token is as good as ever, and can be forgotten."""
    value = dumped(RECORD)
    with redis.Redis.from_url(URL) as client:
        client.set(
            redis_store._commands.prefix + RECORD.digest, value[:25] + struct.pack(">d", at) + value[33:]
        )
    assert ({}, RECORD) == (redis_store.last_uses([RECORD.digest]), redis_store.find(RECORD.digest))
    redis_store.revoke(RECORD.digest)
    assert 1 == redis_store.purge(before=1e11 - 1)


@pytest.mark.parametrize("value", [b"", b"\x02" + bytes(24) + AT_FIVE + bytes(9), b"\x01" + bytes(10)])
def test_a_value_that_is_no_record_is_left_alone(redis_store: RedisTokenStore, value: bytes) -> None:
    """It is not written into, nor does it keep the uses of others from being written."""
    other = issue(subject="alice")[1]
    redis_store.add(other)
    key = redis_store._commands.prefix + RECORD.digest
    with redis.Redis.from_url(URL) as client:
        client.set(key, value)
        redis_store.keep_uses({RECORD.digest: 5.0, other.digest: 6.0})
        assert value == client.get(key)
    assert {other.digest: 6.0} == redis_store.last_uses([RECORD.digest, other.digest])


def test_uses_that_cannot_be_written_are_no_reason_to_leave_redis_alone(redis_store: RedisTokenStore) -> None:
    """However often it fails, look-ups and changes go on."""
    key = redis_store._commands.prefix + RECORD.digest
    with redis.Redis.from_url(URL) as client:
        client.rpush(key, "something else")
        for _ in range(8):
            with pytest.raises(Unavailable, match="has something else under the key of a token"):
                redis_store.keep_uses({RECORD.digest: 5.0})
    assert redis_store._breaker._reopens_at is None


def test_a_use_does_not_change_how_long_redis_keeps_a_token(redis_store: RedisTokenStore) -> None:
    """Nor does it bring one back that is gone."""
    short = issue(subject="alice", lifetime_seconds=60)[1]
    redis_store.add(short)
    redis_store.keep_uses({short.digest: 5.0, RECORD.digest: 5.0})
    with redis.Redis.from_url(URL) as client:
        assert 86_000 < client.ttl(redis_store._commands.prefix + short.digest) <= 86_460
    assert (None, 1) == (redis_store.find(RECORD.digest), redis_store.count())


@pytest.mark.parametrize(
    ("changes", "is_forgotten"),
    [
        ({}, True),
        ({"issued_at": 2.0}, False),
        ({"expires_at": 2e9}, False),
        ({"revoked_at": 3.0}, False),
        ({"subject": "bob"}, False),
        ({"label": "x"}, False),
    ],
)
def test_redis_forgets_a_token_only_if_nothing_but_its_use_has_changed(
    redis_store: RedisTokenStore, changes: dict[str, Any], is_forgotten: bool
) -> None:
    """A purge has looked at it before; it may have been extended since, and must not go then."""
    redis_store.add(replace(RECORD, **changes))
    redis_store.keep_uses({RECORD.digest: 5.0})
    assert int(is_forgotten) == redis_store._changed([redis_store._commands.removal(RECORD)])
    assert is_forgotten == (redis_store.find(RECORD.digest) is None)


@pytest.mark.parametrize("suffix", ["", "?prefix=bearerguard-other:"])
def test_it_can_be_switched_off_in_redis(suffix: str) -> None:
    """Then nothing is noted."""
    own_prefix("switched-off")  # there is one
    for last_used in (True, False):
        store: Any = open_store(URL + suffix, last_used=last_used)
        assert last_used is (store._uses is not None)
        store.close()
