"""What a token store in Redis promises besides what every store does."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import redis

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.flow import both, run
from bearerguard.stores import DuplicateToken, TokenRecord
from bearerguard.stores.redis import RedisTokenStore
from tests.stores.redis_servers import URL, forget, own_prefix

NOW = 1_000.0
DAY_SECONDS = 86_400.0
DIGEST = sha256(b"one").digest()
UNKNOWN = sha256(b"unknown").digest()
RECORD = TokenRecord(
    DIGEST,
    "Zoë",
    client_id="app",
    scopes=frozenset({"tag", "rating"}),
    issued_at=1.25,
    expires_at=NOW + 60,
    label="a note",
)


@pytest.fixture(scope="module")
def prefix() -> str:
    return own_prefix("redis")


@pytest.fixture(scope="module")
def bare() -> Iterator[Any]:
    with redis.Redis.from_url(URL) as client:
        yield client


@pytest.fixture
def store(prefix: str) -> Iterator[RedisTokenStore]:
    kept = RedisTokenStore(URL, prefix=prefix, now=lambda: NOW)
    yield kept
    kept.close()
    forget(prefix)


def seconds_left(bare: Any, prefix: str) -> float:
    left: int = bare.pttl(prefix.encode() + DIGEST)
    return left if left < 0 else round(left / 1_000)


def test_redis_forgets_a_token_a_day_after_it_has_expired(
    store: RedisTokenStore, bare: Any, prefix: str
) -> None:
    """So that a store does not grow for ever; until then people can see what it was."""
    store.add(RECORD)
    assert 60 + DAY_SECONDS == seconds_left(bare, prefix)


def test_what_expired_long_ago_is_still_kept_for_a_day(
    store: RedisTokenStore, bare: Any, prefix: str
) -> None:
    """It can be imported, and looked at."""
    store.add(replace(RECORD, expires_at=2.0))
    assert DAY_SECONDS == seconds_left(bare, prefix)


def test_what_never_expires_is_never_forgotten(store: RedisTokenStore, bare: Any, prefix: str) -> None:
    """-1 is what Redis says of it."""
    store.add(replace(RECORD, expires_at=None))
    assert -1 == seconds_left(bare, prefix)


@pytest.mark.parametrize(
    ("known", "given", "left"),
    [(60, 100, 100 + DAY_SECONDS), (100, 60, 100 + DAY_SECONDS), (60, None, -1), (None, 60, -1)],
)
def test_what_is_extended_is_kept_for_longer(
    store: RedisTokenStore, bare: Any, prefix: str, known: float | None, given: float | None, left: float
) -> None:
    """A revocation of a JWT is a record, and must not vanish before the token's last moment."""
    for seconds in (known, given):
        store.extend(replace(RECORD, expires_at=None if seconds is None else NOW + seconds))
    assert left == seconds_left(bare, prefix)


def test_a_revocation_does_not_change_for_how_long_it_is_kept(
    store: RedisTokenStore, bare: Any, prefix: str
) -> None:
    """Neither for ever nor for less."""
    store.add(RECORD)
    store.revoke(DIGEST)
    assert 60 + DAY_SECONDS == seconds_left(bare, prefix)


def told(bare: Any, prefix: str, store: RedisTokenStore, change: Any) -> list[bytes]:
    """Give what is told to whoever listens while this is done."""
    with bare.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(f"{prefix}revoked")
        listening.get_message(timeout=1.0)
        change(store)
        bare.publish(f"{prefix}revoked", "the end")
        messages: list[bytes] = []
        while b"the end" not in messages:
            message = listening.get_message(timeout=1.0)
            if message is not None:
                messages.append(message["data"])
    return messages[:-1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda store: store.revoke(DIGEST), [DIGEST]),
        (lambda store: [store.revoke(DIGEST), store.revoke(DIGEST)], [DIGEST, DIGEST]),
        (lambda store: asyncio.run(revoked_and_closed(store)), [DIGEST]),
        (lambda store: store.revoke_all(subject="Zoë"), [DIGEST]),
        (lambda store: store.extend(RECORD), [DIGEST]),
        (lambda store: store.merge([replace(RECORD, revoked_at=5.0)]), [DIGEST]),
        (lambda store: store.revoke(UNKNOWN), [UNKNOWN]),
        (lambda store: store.find(DIGEST), []),
    ],
)
def test_a_revocation_is_told_by_the_server_itself(
    store: RedisTokenStore, bare: Any, prefix: str, change: Any, expected: list[bytes]
) -> None:
    """In one piece with the change, so that a process that dies in between loses nothing.

    Of a token that is gone too: somebody may have deleted its key by hand, and there may be copies.
    """
    store.add(RECORD)
    assert expected == told(bare, prefix, store, change)


async def revoked_and_closed(store: RedisTokenStore) -> None:
    assert await store.arevoke(DIGEST)
    await store.aclose()


def test_both_colours_find_the_same(store: RedisTokenStore) -> None:
    """A thread and an event loop, several loops one after the other too."""
    store.add(RECORD)

    async def ask() -> list[TokenRecord | None]:
        found = [await store.afind(digest) for digest in (DIGEST, sha256(b"unknown").digest())]
        await store.aclose()
        return found

    for _ in range(2):
        assert [RECORD, None] == asyncio.run(ask())
    assert RECORD == run(both(store, "find")(DIGEST))


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (b"", "a record in redis at 127.0.0.1:6379/0 is broken"),
        (b"\x00" + bytes(24) + b"\xff\xff\xff", "a record in redis at 127.0.0.1:6379/0 is broken"),
        (b"\x01", "a record in redis at 127.0.0.1:6379/0 is broken"),
        (b"\x01" + bytes(24), "a record in redis at 127.0.0.1:6379/0 is broken"),
        (b"\x01" + bytes(24) + b"\xff\xff", "a record in redis at 127.0.0.1:6379/0 is broken"),
        (b"\x01" + bytes(24) + b"\xff\xff\xff\xff", "a record in redis at 127.0.0.1:6379/0 is broken"),
        (b"\x01" + bytes(24) + b"\xc3\xff\xff\xff", "a record in redis at 127.0.0.1:6379/0 is broken"),
        (
            b"\x01" + struct.pack(">ddd", float("nan"), 2.0, 3.0) + b"\xff\xff\xff",
            "a record in redis at 127.0.0.1:6379/0 is broken",
        ),
        (
            b"\x01" + struct.pack(">ddd", 1.0, float("nan"), 3.0) + b"\xff\xff\xff",
            "a record in redis at 127.0.0.1:6379/0 is broken",
        ),
        (
            b"\x02" + bytes(24) + b"\xff\xff\xff",
            "a record in redis at 127.0.0.1:6379/0 was written by a newer bearerguard: upgrade this one",
        ),
    ],
)
def test_a_value_that_is_not_ours_is_an_outage_and_not_an_unknown_token(
    store: RedisTokenStore, bare: Any, prefix: str, value: bytes, what: str
) -> None:
    """Nobody knows what was there: it is neither good nor bad, for one token only."""
    bare.set(prefix.encode() + DIGEST, value)
    for _ in range(7):  # no row of failures: others are found
        with pytest.raises(Unavailable) as caught:
            store.find(DIGEST)
    assert f"token store: {what}" == caught.value.what
    assert store.find(sha256(b"other").digest()) is None


@pytest.mark.parametrize("value", [b"", b"\x01", b"\x02" + bytes(24) + b"\xff\xff\xff"])
def test_a_value_that_is_not_ours_is_never_changed(
    store: RedisTokenStore, bare: Any, prefix: str, value: bytes
) -> None:
    """A newer bearerguard may keep its instants elsewhere."""
    bare.set(prefix.encode() + DIGEST, value)
    for change in (lambda: store.revoke(DIGEST), lambda: store.extend(RECORD)):
        with pytest.raises(Unavailable, match="has a record that this bearerguard did not write"):
            change()
    assert value == bare.get(prefix.encode() + DIGEST)


def test_a_key_of_another_kind_is_an_outage(store: RedisTokenStore, bare: Any, prefix: str) -> None:
    """Somebody else lives below this prefix."""
    bare.lpush(prefix.encode() + DIGEST, b"x")
    with pytest.raises(Unavailable, match="has something else under the key of a token: prefix="):
        store.find(DIGEST)


def test_a_longer_prefix_is_another_store(store: RedisTokenStore, prefix: str) -> None:
    """Though its keys begin alike."""
    other = RedisTokenStore(URL, prefix=f"{prefix}b:", now=lambda: NOW)
    other.add(RECORD)
    assert store.find(DIGEST) is None
    assert [] == list(store.records())
    assert 0 == store.count() == store.revoke_all(subject="Zoë") == store.purge(before=1e10)
    assert RECORD == other.find(DIGEST)
    other.close()


def test_a_prefix_is_no_pattern(prefix: str) -> None:
    """An asterisk in it is an asterisk."""
    starred, other = (RedisTokenStore(URL, prefix=f"{prefix}{end}:") for end in ("*[a]?", "xax"))
    other.add(RECORD)
    assert 0 == starred.count()
    starred.add(RECORD)
    assert 1 == starred.count()
    for one in (starred, other):
        one.close()
    forget(prefix)


def test_thousands_are_taken_back_when_the_last_one_is_there_already(store: RedisTokenStore) -> None:
    """Also of the pages that were written; the one that was there stays."""
    store.add(RECORD)
    many = [replace(RECORD, digest=sha256(bytes([1, *divmod(at, 256)])).digest()) for at in range(2_500)]
    with pytest.raises(DuplicateToken):
        store.add_many([*many, RECORD])
    assert [RECORD] == list(store.records())
    assert 2_500 == store.add_many(many)
    assert 2_501 == store.count()


def test_it_says_where_it_is_and_no_password(prefix: str) -> None:
    """A repr, a message and a state may be read by anybody."""
    store = RedisTokenStore(URL.replace("//", "//default:hunter2@", 1).replace("6379", "1"), prefix=prefix)
    with pytest.raises(Unavailable) as caught:
        store.find(DIGEST)
    assert "token store: redis at 127.0.0.1:1/0 cannot be reached" == caught.value.what
    assert "hunter2" not in repr(store._place) + repr(store.__dict__)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (7, "RedisTokenStore needs a URL, such as"),
        ("http://127.0.0.1", "RedisTokenStore knows redis, rediss, unix, redis"),
        ("redis://", "the URL of a Redis cannot be read"),
        ("redis://host:port", "the URL of a Redis cannot be read"),
        ("redis://host/zero", "the URL of a Redis cannot be read"),
        ("redis://host/0/1", "the URL of a Redis cannot be read"),
        ("unix://", "the URL of a Redis cannot be read"),
        ("redis://host?ssl_cert_reqs=none", "may have db, ssl_ca_certs"),
        ("redis://host?ssl_ca_certs=a", "has options of TLS, so it must begin with rediss"),
        ("rediss://host?ssl_ca_certs=/no/ca.pem", "names a file that is not there: ssl_ca_certs="),
        (URL.replace("redis:", "redis+sentinel:"), "is no Sentinel: give its URL as redis://"),
        ("redis://host?sentinel_password=a", "so it must begin with redis[+]sentinel"),
        ("redis://one,two", "several hosts are for redis[+]sentinel or redis[+]cluster"),
        ("redis+sentinel://host", "the URL names no service: redis[+]sentinel://host:26379/service/0"),
        ("redis+cluster://host/1", "a Redis Cluster has no databases"),
        (URL.replace("/0", "/99"), "has no database of this number"),
        (URL.replace("//", "//nobody:hunter2@", 1), "does not know this user or this password"),
        (URL.replace("redis:", "redis+cluster:"), "is not a cluster: give its URL as redis://"),
    ],
)
def test_a_url_that_cannot_work_is_refused_at_once(prefix: str, url: Any, message: str) -> None:
    """In a sentence that names the cure and repeats no password."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        RedisTokenStore(url, prefix=prefix)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["", "a{b}", "ä", "a b", "x" * 65, None])
def test_a_prefix_that_cannot_work_is_refused_at_once(prefix: Any) -> None:
    """Braces would put every token on one node of a cluster."""
    with pytest.raises(ConfigurationError, match="must be 1 to 64 plain characters"):
        RedisTokenStore(URL, prefix=prefix)
