"""What Redis tells other processes: by pub/sub, and only for as long as it can be proved that it is heard."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256

import pytest

from bearerguard.breaker import FAILURES
from bearerguard.credentials import Credentials
from bearerguard.errors import InvalidToken, Unavailable
from bearerguard.flow import run
from bearerguard.stores import DuplicateToken, TokenRecord, _feed_thread, digest_of, issue
from bearerguard.stores._redis.feeding import Published
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.revocations import revocation_of_subject
from bearerguard.verifiers.cached import Cached
from bearerguard.verifiers.stored import StoredTokens
from tests.stores.feeding import eventually, threads
from tests.stores.redis_servers import Server, running
from tests.stores.relay import Relay

NOW = 1_000.0
TIMEOUT_SECONDS = 0.2
SOON_SECONDS = 0.1  # a thousand times what it takes where nothing else runs
PREFIX = "bearerguard:"
CHANNEL = f"{PREFIX}revoked"
RECORD = TokenRecord(sha256(b"one").digest(), "alice", issued_at=1.0, expires_at=None)
OTHER = replace(RECORD, digest=sha256(b"two").digest())
EXPIRED, SHORT = replace(OTHER, expires_at=2.0), replace(OTHER, expires_at=NOW + 5)
REVOCATION = revocation_of_subject("https://as.example", "alice", now=lambda: NOW)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("redis")) as one:
        yield one


@pytest.fixture(autouse=True)
def quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_feed_thread, "HEARTBEAT_SECONDS", 0.02)


@pytest.fixture
def store(server: Server) -> Iterator[RedisTokenStore]:
    server.ask("FLUSHALL")  # a server of our own
    kept = RedisTokenStore(server.url, now=lambda: NOW)
    yield kept
    kept.close()


class Hearing:
    """Another process, as it were: a store of its own, and what its feed tells."""

    def __init__(self, url: str) -> None:
        self.store = RedisTokenStore(url, timeout_seconds=TIMEOUT_SECONDS, now=lambda: NOW)
        self.told: list[bytes | None] = []
        self.store.subscribe(self.told.append)
        assert self.store.feed is not None
        self.feed = self.store.feed
        self.feed.listen()
        self.wait_for_proof()
        self.told.clear()

    def wait_for_proof(self) -> None:
        """Wait until what has been done by now must have been heard."""
        now = time.monotonic()
        eventually(lambda: self.feed.heard_at > now)

    def is_heard(self) -> bool:
        """Tell whether it hears now."""
        before = self.feed.heard_at
        time.sleep(2 * TIMEOUT_SECONDS)
        return self.feed.heard_at > before


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    with Relay(server.port) as one:
        yield one


@pytest.fixture
def hearing(store: RedisTokenStore, relay: Relay) -> Iterator[Hearing]:
    one = Hearing(f"redis://127.0.0.1:{relay.port}")
    yield one
    one.store.close()


Change = Callable[[RedisTokenStore], object]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda store: store.revoke(RECORD.digest), [RECORD.digest]),
        (lambda store: store.revoke_all(subject="alice"), [RECORD.digest]),
        (lambda store: store.extend(replace(RECORD, issued_at=2.0)), [RECORD.digest]),
        (lambda store: store.merge([replace(RECORD, revoked_at=3.0)]), [RECORD.digest]),
        (lambda store: store.purge(before=NOW), []),
        (lambda store: store.add(REVOCATION), [REVOCATION.digest]),
        (lambda store: store.add_many([REVOCATION]), [REVOCATION.digest]),
        (lambda store: store.extend(REVOCATION), [REVOCATION.digest]),
        (lambda store: store.merge([REVOCATION]), [REVOCATION.digest]),
        (lambda store: store.add(replace(OTHER, revoked_at=2.0)), [OTHER.digest]),
        (lambda store: store.add(OTHER), []),
        (lambda store: store.add_many([OTHER]), []),
        (lambda store: store.merge([OTHER]), []),
        (lambda store: (store.add(EXPIRED), store.purge(before=NOW)), []),
        (lambda store: (store.add(SHORT), store.purge(before=NOW + 9)), [SHORT.digest]),
    ],
)  # fmt: skip
def test_what_may_make_a_copy_wrong_is_told(
    store: RedisTokenStore, hearing: Hearing, change: Change, told: list[bytes | None]
) -> None:
    """And nothing else: a million new tokens, or the purge of old ones, disturb nobody."""
    store.add(RECORD)
    change(store)
    hearing.wait_for_proof()
    assert told == hearing.told


def test_a_revocation_is_told_at_once(store: RedisTokenStore, hearing: Hearing) -> None:
    """Not with the next proof, nor with the next look."""
    store.add(RECORD)
    took = []
    for at in range(1, 10):
        began_at = time.monotonic()
        store.revoke(RECORD.digest)
        eventually(lambda at=at: len(hearing.told) == at)  # type: ignore[misc]
        took.append(time.monotonic() - began_at)
    assert [RECORD.digest] * 9 == hearing.told
    assert min(took) < SOON_SECONDS


def test_a_token_revoked_in_one_process_is_refused_by_the_cache_of_another(
    store: RedisTokenStore, hearing: Hearing
) -> None:
    """Long before the copy is too old."""
    token, record = issue(subject="alice", lifetime_seconds=None)
    store.add(record)
    cached = Cached(StoredTokens(hearing.store), max_age_seconds=3_600)
    credentials = Credentials("Bearer", token.encode())
    assert run(cached.verify(credentials)).subject == "alice"  # type: ignore[union-attr]
    assert cached.recall(token.encode()).subject == "alice"  # type: ignore[union-attr]
    store.revoke(digest_of(token))
    hearing.wait_for_proof()
    with pytest.raises(InvalidToken):
        run(cached.verify(credentials))


def test_an_addition_that_is_taken_back_is_told_as_many(store: RedisTokenStore, hearing: Hearing) -> None:
    """Somebody may have found one of them meanwhile."""
    store.add(RECORD)
    with pytest.raises(DuplicateToken):
        store.add_many([OTHER, RECORD])
    hearing.wait_for_proof()
    assert [None] == hearing.told


def test_whoever_changes_keys_by_hand_may_tell_it(server: Server, hearing: Hearing) -> None:
    """PUBLISH of the 32 bytes of a digest is about that token, of anything else about all."""
    for text in (RECORD.digest, b"*", b"", RECORD.digest[1:]):
        server.ask("PUBLISH", CHANNEL, text)  # type: ignore[arg-type]
    server.ask("PUBLISH", f"{CHANNEL}x", "of another prefix")
    hearing.wait_for_proof()
    assert [RECORD.digest, None, None, None] == hearing.told


def test_a_proof_gives_all_that_was_told_before(server: Server, store: RedisTokenStore) -> None:
    """In order, also where nobody has waited for it."""
    source = Published(store._place, CHANNEL.encode(), timeout_seconds=1.0)
    source.open()
    digests = [sha256(bytes([at])).digest() for at in range(20)]
    for digest in digests:
        server.ask("PUBLISH", CHANNEL, digest)  # type: ignore[arg-type]
    assert digests == list(source.prove())
    assert [] == [*source.prove(), *source.wait(0.01)]
    source.close()
    source.close()


def test_after_a_cut_all_copies_go(hearing: Hearing, relay: Relay, caplog: pytest.LogCaptureFixture) -> None:
    """What was told meanwhile nobody knows; that it was cut is logged once, and that it is back."""
    with caplog.at_level(logging.WARNING, "bearerguard"):
        relay.cut()
        eventually(lambda: hearing.told)
        hearing.wait_for_proof()
    assert [None] == hearing.told
    name = hearing.feed.name
    assert [
        f"the revocation feed of {name} is down, so what is cached is trusted for a short while only: "
        f"token store: {name} cannot be reached",
        f"the revocation feed of {name} is back; all that was cached is looked up anew",
    ] == [one.getMessage() for one in caplog.records if "feed" in one.getMessage()]


def test_in_a_black_hole_nothing_counts_as_heard(
    store: RedisTokenStore, hearing: Hearing, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that is there and says nothing proves nothing."""
    relay.swallows = True
    time.sleep(0.05)
    assert not hearing.is_heard()
    store.revoke(RECORD.digest)
    assert [] == hearing.told
    assert f"{hearing.feed.name} took too long" in caplog.text
    relay.swallows = False
    relay.cut()
    hearing.wait_for_proof()
    assert None in hearing.told


def test_a_server_that_was_killed_is_listened_to_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without a restart of ours; all copies go, and who is back is asked again at once."""
    with running(tmp_path_factory.mktemp("killed")) as server:
        hearing = Hearing(server.url)
        server.kill()
        for _ in range(FAILURES):
            with pytest.raises(Unavailable, match="cannot be reached"):
                hearing.store.find(RECORD.digest)
        with pytest.raises(Unavailable, match="left alone for a while"):
            hearing.store.find(RECORD.digest)
        assert not hearing.is_heard()
        server.start()
        hearing.wait_for_proof()
        assert [None] == hearing.told
        assert hearing.store.find(RECORD.digest) is None
        hearing.store.close()


def test_a_replica_is_not_listened_to(
    server: Server, hearing: Hearing, caplog: pytest.LogCaptureFixture
) -> None:
    """It would go on to answer when it has long lost its primary."""
    server.ask("REPLICAOF", "127.0.0.1", "1")
    try:
        eventually(lambda: f"{hearing.feed.name} is a replica, which hears late or never" in caplog.text)
        assert not hearing.is_heard()
    finally:
        server.ask("REPLICAOF", "NO", "ONE")
    hearing.wait_for_proof()
    assert None in hearing.told


def test_a_user_without_the_right_to_listen_is_told_so(
    server: Server, store: RedisTokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log; copies are trusted for a short while only."""
    server.ask("ACL", "SETUSER", "deaf", "on", ">hunter2", "~*", "+@all", "-subscribe", "allchannels")
    deaf = RedisTokenStore(server.url.replace("//", "//deaf:hunter2@"))
    assert deaf.feed is not None
    deaf.feed.listen()
    eventually(lambda: "does not let this user do what the store needs" in caplog.text)
    assert not deaf.feed.is_up
    deaf.close()


def test_the_feed_ends_with_the_store(server: Server) -> None:
    """Its thread and its connections; it may begin again."""
    hearing = Hearing(server.url)
    [thread] = threads(hearing.feed.name)
    hearing.store.close()
    thread.join(5)
    assert [] == threads(hearing.feed.name)
    eventually(lambda: b"sub=1" not in bytes(repr(server.ask("CLIENT", "LIST")), "ascii"))
    hearing.feed.listen()
    hearing.wait_for_proof()
    hearing.store.close()


def test_a_feed_can_be_switched_off(server: Server) -> None:
    """Then `max_age_seconds` is the delay of a revocation again."""
    store = RedisTokenStore(server.url, feed=False)
    assert store.feed is None
    store.close()


def test_a_source_that_cannot_be_opened_is_an_outage(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Raised, and nothing is left open."""
    with running(tmp_path_factory.mktemp("gone")) as gone:
        store = RedisTokenStore(gone.url)
    source = Published(store._place, CHANNEL.encode(), timeout_seconds=TIMEOUT_SECONDS)
    with pytest.raises(Unavailable, match="cannot be reached"):
        source.open()
    source.close()
    store.close()
