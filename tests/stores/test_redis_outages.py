"""A Redis that goes away, hangs, comes back, or is not what it should be."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import TokenRecord
from bearerguard.stores.redis import RedisTokenStore
from tests.stores.feeding import eventually
from tests.stores.redis_servers import Server, running
from tests.stores.relay import Relay

RECORD = TokenRecord(sha256(b"one").digest(), "alice", issued_at=1.0, expires_at=None)
OTHER = replace(RECORD, digest=sha256(b"two").digest())
TIMEOUT_SECONDS = 0.2
DURABLE = ("appendonly yes", "appendfsync always")


class Clock:
    """A clock that moves when it is told to: a breaker's pause is over at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("redis"), *DURABLE) as one:
        yield one


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with Relay(server.port) as one:
        yield one


@pytest.fixture
def store(server: Server, relay: Relay) -> Iterator[RedisTokenStore]:
    server.ask("FLUSHALL")  # a server of our own
    kept = RedisTokenStore(f"redis://127.0.0.1:{relay.port}", timeout_seconds=TIMEOUT_SECONDS)
    kept.add(RECORD)
    assert kept.find(RECORD.digest) == RECORD
    yield kept
    kept.close()


def refused(store: RedisTokenStore, what: str) -> float:
    """Ask in both colours, and see the same outage; how many seconds the longer one took."""
    seconds: list[float] = []
    for ask in (lambda: store.find(RECORD.digest), lambda: asyncio.run(awaited(store))):
        began_at = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            ask()
        seconds.append(time.monotonic() - began_at)
        assert caught.value.what.endswith(what)
    return max(seconds)


async def awaited(store: RedisTokenStore) -> TokenRecord | None:
    try:
        return await store.afind(RECORD.digest)
    finally:
        await store.aclose()


def test_a_connection_that_was_cut_is_replaced_at_once(store: RedisTokenStore, relay: Relay) -> None:
    """Nobody hears of it: firewalls and failovers cut what is quiet."""
    for _ in range(3):
        relay.cut()
        assert RECORD == store.find(RECORD.digest)

    async def ask() -> None:
        for _ in range(3):
            assert RECORD == await store.afind(RECORD.digest)
            relay.cut()
        await store.aclose()

    asyncio.run(ask())


def test_a_black_hole_costs_no_more_than_the_limit(store: RedisTokenStore, relay: Relay) -> None:
    """On an old connection and on a new one; afterwards all is as before."""
    relay.swallows = True
    for _ in range(2):
        assert refused(store, "took too long") < 2 * TIMEOUT_SECONDS
    relay.swallows = False
    relay.cut()
    assert RECORD == store.find(RECORD.digest) == asyncio.run(awaited(store))


def test_a_request_that_leaves_ends_its_question(store: RedisTokenStore, relay: Relay) -> None:
    """At once, whatever Redis does; and its late answer is nobody's."""

    async def ask() -> float:
        assert RECORD == await store.afind(RECORD.digest)
        relay.swallows = True
        question = asyncio.create_task(store.afind(RECORD.digest))
        await asyncio.sleep(0.01)
        question.cancel()
        began_at = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await question
        took = time.monotonic() - began_at
        relay.swallows = False
        relay.cut()
        assert await store.afind(OTHER.digest) is None
        await store.aclose()
        return took

    assert asyncio.run(ask()) < TIMEOUT_SECONDS / 2


def test_who_waits_for_a_connection_does_not_wait_for_ever(server: Server, relay: Relay) -> None:
    """The limit holds for the wait too, and the message names the setting."""
    store = RedisTokenStore(f"redis://127.0.0.1:{relay.port}", pool_size=1, timeout_seconds=TIMEOUT_SECONDS)
    relay.swallows = True
    heard: list[str] = []

    def ask() -> None:
        try:
            store.find(RECORD.digest)
        except Unavailable as outage:
            heard.append(outage.what)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert 3 == len(heard)
    assert any(what.endswith("pool_size= sets how many there are") for what in heard)
    store.close()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    """With `appendonly yes` and `appendfsync always`; it goes on without a restart of ours."""
    clock = Clock()
    with running(tmp_path, *DURABLE) as server:
        store = RedisTokenStore(server.url, timeout_seconds=TIMEOUT_SECONDS, now=lambda: 5.0, monotonic=clock)
        store.add_many([RECORD, OTHER])
        assert store.revoke(RECORD.digest)
        server.kill()
        for _ in range(2):
            refused(store, "cannot be reached")
        with pytest.raises(Unavailable, match="cannot be reached"):
            store.revoke(OTHER.digest)
        refused(store, "has failed several times in a row and is left alone for a while")
        server.start()
        clock.now += 60
        assert [replace(RECORD, revoked_at=5.0), OTHER] == [store.find(one.digest) for one in (RECORD, OTHER)]
        assert OTHER == asyncio.run(other_of(store))
        store.close()


async def other_of(store: RedisTokenStore) -> TokenRecord | None:
    try:
        return await store.afind(OTHER.digest)
    finally:
        await store.aclose()


def test_a_restart_while_everything_is_read_is_noticed(tmp_path: Path) -> None:
    """Where to go on was known to the server that is gone: some may be missing."""
    with running(tmp_path, *DURABLE) as server:
        store = RedisTokenStore(server.url, timeout_seconds=1.0)
        store.add_many([RECORD, OTHER])
        pages = store.pages(limit=1)
        next(pages)
        server.kill()
        server.start()
        with pytest.raises(Unavailable, match="was restarted or replaced while it was read"):
            list(pages)
        store.close()


def test_a_store_that_is_down_at_the_start_is_an_outage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A guard must be able to start before its store; it is said in the log."""
    clock = Clock()
    with running(tmp_path) as server:
        server.kill()
        store = RedisTokenStore(server.url, timeout_seconds=TIMEOUT_SECONDS, monotonic=clock)
        assert "cannot be reached; requests that need it get 503 until it answers" in caplog.text
        refused(store, "cannot be reached")
        server.start()
        assert store.find(RECORD.digest) is None
        store.close()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (("appendonly no",), ["keeps nothing on disk"]),
        (("appendonly no", "save 60 1"), ["is not append-only"]),
        (("appendonly yes", "appendfsync everysec"), ["writes to disk now and then"]),
        (("appendonly yes", "appendfsync always"), []),
        (
            ("appendonly yes", "appendfsync always", "maxmemory 100mb", "maxmemory-policy allkeys-lru"),
            ["may throw away tokens and revocations when its memory is full (maxmemory-policy allkeys-lru)"],
        ),
        (("appendonly yes", "appendfsync no", "rename-command CONFIG ''"), []),
        (("appendonly no", "rename-command CONFIG ''"), ["is not append-only"]),
    ],
)
def test_what_may_be_forgotten_is_warned_of_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: tuple[str, ...], expected: list[str]
) -> None:
    """A revocation that was acknowledged and is gone would make a bad token good again."""
    with running(tmp_path, *settings) as server:
        store = RedisTokenStore(server.url)
        state = store.state()
        store.close()
    warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(expected) == len(warnings)
    for words, warning in zip(expected, warnings, strict=True):
        assert f"the token store, redis at 127.0.0.1:{server.port}/0, {words}" in warning
    assert state.is_durable is ("appendfsync always" in settings)


def test_a_password_that_is_missing_or_wrong_is_said_at_once(tmp_path: Path) -> None:
    """And a user who may not do what the store needs."""
    settings = (*DURABLE, "user default on >hunter2 ~* &* +@all", "user reader on >hunter3 ~* &* +get +info")
    with running(tmp_path, *settings) as server:
        address = f"127.0.0.1:{server.port}"
        for credentials, words in (
            ("", "asks for a password"),
            (":wrong@", "does not know this user or this password"),
            ("nobody:hunter2@", "does not know this user or this password"),
        ):
            with pytest.raises(ConfigurationError) as caught:
                RedisTokenStore(f"redis://{credentials}{address}")
            assert f"token store: redis at {address}/0 {words}" == str(caught.value)
        RedisTokenStore(f"redis://:hunter2@{address}").close()
        reading = RedisTokenStore(f"redis://reader:hunter3@{address}")
        assert reading.find(RECORD.digest) is None
        with pytest.raises(Unavailable, match="does not let this user do what the store needs"):
            reading.add(RECORD)
        reading.close()


def test_a_server_without_memory_takes_no_token_but_a_revocation(tmp_path: Path) -> None:
    """What is there is found; what is revoked is forgotten, since its record cannot be changed."""
    with running(tmp_path, *DURABLE) as server:
        store = RedisTokenStore(server.url)
        store.add(RECORD)
        server.ask("CONFIG", "SET", "maxmemory", "1")
        for change in (lambda: store.add(OTHER), lambda: store.add_many([OTHER])):
            with pytest.raises(Unavailable, match="has no memory left"):
                change()
        assert RECORD == store.find(RECORD.digest)
        assert store.revoke(RECORD.digest)
        assert store.find(RECORD.digest) is None
        store.close()


def test_a_user_with_the_documented_rights_can_do_everything(tmp_path: Path) -> None:
    """And needs no other: neither another key nor another channel."""
    rights = "+get +mget +set +setrange +persist +pexpire +del +eval +publish +scan +info +subscribe +ping"
    settings = (*DURABLE, f"user guard on >hunter2 ~bearerguard:* &bearerguard:revoked {rights}")
    with running(tmp_path, *settings) as server:
        store = RedisTokenStore(server.url.replace("//", "//guard:hunter2@"), now=lambda: 5.0)
        store.add(RECORD)
        store.merge([OTHER])
        store.extend(replace(OTHER, expires_at=9.0))
        assert [RECORD, OTHER] == sorted(store.records(), key=lambda one: one.digest != RECORD.digest)
        assert [True, 1, 2] == [
            store.revoke(OTHER.digest),
            store.revoke_all(subject="alice"),
            store.purge(before=6),
        ]
        assert store.feed is not None
        store.feed.listen()
        eventually(lambda: store.feed.is_up)
        store.close()


def test_a_replica_only_answers_questions(tmp_path: Path) -> None:
    """Changes are an outage that says so."""
    with running(tmp_path, *DURABLE) as server:
        store = RedisTokenStore(server.url)
        store.add(RECORD)
        server.ask("REPLICAOF", "127.0.0.1", "1")
        assert RECORD == store.find(RECORD.digest)
        with pytest.raises(Unavailable, match="only lets read: it is a replica"):
            store.revoke(RECORD.digest)
        store.close()


def test_what_is_no_redis_is_refused_at_once() -> None:
    """A URL that leads to a web server will not get better."""
    not_ours = pytest.raises(ConfigurationError, match="does not answer as a Redis does")
    with Relay(0, says=b"HTTP/1.1 400 Bad Request\r\n\r\n") as web, not_ours:
        RedisTokenStore(f"redis://127.0.0.1:{web.port}", timeout_seconds=1.0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(server: Server, store: RedisTokenStore) -> None:
    """Answers of the parent are never the child's, in both colours; the parent's event loop goes on."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def ask() -> None:
        found = [store.find(RECORD.digest) == RECORD, store.find(OTHER.digest) is None]
        answers.put([*found, threaded(lambda: asyncio.run(awaited(store))) == RECORD])

    async def fork_and_go_on() -> list[Any]:
        assert RECORD == await store.afind(RECORD.digest)
        child = context.Process(target=ask)
        child.start()
        found = [await store.afind(RECORD.digest) for _ in range(20)]
        await asyncio.to_thread(child.join, 10)
        if child.is_alive():
            child.kill()
            pytest.fail("the child hangs")
        found.append(await store.afind(RECORD.digest))
        await store.aclose()
        return found

    assert [RECORD] * 21 == asyncio.run(fork_and_go_on())
    assert [True, True, True] == answers.get()
    assert RECORD == store.find(RECORD.digest)


def threaded(ask: Any) -> Any:
    """Ask on another thread: a child that was forked on an event loop is on it still."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join(5)
    return found[0]
