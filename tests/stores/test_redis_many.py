"""More than one Redis: a Cluster, and a primary that sentinels watch."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256

import pytest
import redis

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import DuplicateToken, TokenRecord
from bearerguard.stores._redis.facts import facts_of
from bearerguard.stores._redis.feeding import Listening, Published
from bearerguard.stores._redis.places import place_of
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.revocations import revocation_of_jti
from tests.stores.redis_servers import Server, running

PREFIX = "bearerguard:"
NOW = 1_000.0
SLOTS = 16_384
MANY = [
    TokenRecord(sha256(bytes([at])).digest(), "alice", issued_at=float(at), expires_at=None)
    for at in range(100)
]
ONE, OTHER = MANY[0], MANY[1]
REVOCATION = revocation_of_jti("https://as.example", "one", expires_at=None)
PATIENCE_SECONDS = 20.0


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, "it does not happen"
        time.sleep(0.01)


def awaited(store: RedisTokenStore, *questions: Callable[[], Awaitable[object]]) -> list[object]:
    async def ask() -> list[object]:
        try:
            return [await question() for question in questions]
        finally:
            await store.aclose()

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Three nodes, each with a third of the slots."""
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        servers = [stack.enter_context(running(folder, "cluster-enabled yes")) for _ in range(3)]
        bounds = [at * SLOTS // 3 for at in range(4)]
        for epoch, server in enumerate(servers, 1):
            server.ask("CLUSTER", "ADDSLOTSRANGE", str(bounds[epoch - 1]), str(bounds[epoch] - 1))
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", str(epoch))
            server.ask("CLUSTER", "MEET", "127.0.0.1", str(servers[0].port))
        for server in servers:
            wait_until(lambda server=server: "cluster_state:ok" in said(server))  # type: ignore[misc]
        yield servers


def said(server: Server) -> str:
    with redis.Redis(port=server.port, protocol=2, decode_responses=True) as client:
        client.response_callbacks.pop("CLUSTER INFO", None)
        text: str = client.execute_command("CLUSTER INFO")
    return text


@pytest.fixture
def store(nodes: list[Server]) -> Iterator[RedisTokenStore]:
    for server in nodes:
        server.ask("FLUSHALL")  # they are our own
    url = "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in nodes)
    kept = RedisTokenStore(url, prefix=PREFIX, now=lambda: NOW)
    yield kept
    kept.close()


def held_by(server: Server) -> int:
    count = server.ask("DBSIZE")
    assert isinstance(count, int)
    return count


def test_a_cluster_holds_every_token_on_one_of_its_nodes(store: RedisTokenStore, nodes: list[Server]) -> None:
    """One key a token, and nothing that would need two nodes at once."""
    assert len(MANY) == store.add_many(MANY)
    assert all(held_by(server) > 0 for server in nodes)
    assert MANY == list(store.records(subject="alice"))
    assert len(MANY) == store.count()
    assert {one.digest: one for one in MANY} == store.find_many(one.digest for one in MANY)
    assert [ONE] == store.find_by_id(ONE.digest.hex()[:16])
    assert MANY == [store.find(one.digest) for one in MANY]
    assert MANY == awaited(store, *(lambda one=one: store.afind(one.digest) for one in MANY))


def test_last_uses_in_a_cluster(store: RedisTokenStore) -> None:
    """Each on the node that has the token; of one that is gone none is kept."""
    store.add_many(MANY)
    used = {one.digest: NOW + at for at, one in enumerate(MANY)}
    store.keep_uses({**used, bytes(32): NOW})
    store.keep_uses(dict.fromkeys(used, NOW))  # which is earlier
    assert used == store.last_uses([*used, bytes(32)])


def test_with_a_duplicate_none_is_left_on_any_node(store: RedisTokenStore, nodes: list[Server]) -> None:
    """What was written is taken back."""
    store.add(ONE)
    with pytest.raises(DuplicateToken):
        store.add_many([*MANY[1:], ONE])
    assert 1 == sum(map(held_by, nodes))


def test_revoking_in_a_cluster(store: RedisTokenStore) -> None:
    """One token in either colour, a record that is extended, all of a user; and forgetting them."""
    store.add_many(MANY)
    assert [True, False] == [store.revoke(ONE.digest), store.revoke(ONE.digest)]
    assert [True] == awaited(store, lambda: store.arevoke(OTHER.digest))
    store.extend(replace(ONE, issued_at=500.0))
    assert replace(ONE, issued_at=500.0, revoked_at=NOW) == store.find(ONE.digest)
    assert len(MANY) - 2 == store.revoke_all(subject="alice")
    assert len(MANY) == store.purge(before=NOW + 1)
    assert 0 == store.count()


def test_a_revocation_is_heard_on_every_node(store: RedisTokenStore, nodes: list[Server]) -> None:
    """Whichever node somebody listens to."""
    store.add_many(MANY[:9])
    for server in nodes:
        with redis.Redis(port=server.port) as client, client.pubsub() as listening:
            listening.subscribe(f"{PREFIX}revoked")
            assert listening.get_message(timeout=1.0)["type"] == "subscribe"
            for one in MANY[:9]:
                store.revoke(one.digest)
            heard = [listening.get_message(timeout=1.0)["data"] for _ in range(9)]
        assert {one.digest for one in MANY[:9]} == set(heard)


def test_a_feed_listens_to_every_primary(store: RedisTokenStore, nodes: list[Server]) -> None:
    """So that nothing depends on what the nodes tell each other; each is asked for a proof."""
    store.add_many(MANY)
    with hearing(store._place.hosts) as told:
        store.revoke_all(subject="alice")
        wait_until(lambda: len(told) >= len(nodes) * len(MANY))
        assert dict.fromkeys((one.digest for one in MANY), len(nodes)) == Counter(told)
        store.merge([REVOCATION])
        wait_until(lambda: told.count(REVOCATION.digest) == len(nodes))
        told.clear()
        with pytest.raises(DuplicateToken):
            store.add_many([replace(ONE, digest=sha256(b"new").digest()), ONE])
        wait_until(lambda: [None] * len(nodes) == told)


@contextmanager
def hearing(hosts: tuple[tuple[str, int], ...]) -> Iterator[list[bytes | None]]:
    """Listen as another process would; what its feed tells."""
    store = RedisTokenStore("redis+cluster://" + ",".join(f"{host}:{port}" for host, port in hosts))
    told: list[bytes | None] = []
    store.subscribe(told.append)
    assert store.feed is not None
    feed = store.feed
    feed.listen()
    wait_until(lambda: feed.is_up)
    assert [None] == told
    told.clear()
    yield told
    store.close()


def test_a_primary_that_nobody_listens_to_is_an_outage_of_the_feed(store: RedisTokenStore) -> None:
    """One that is new, or that took over: what it tells may not be heard."""
    source = Published(store._place, b"revoked", timeout_seconds=2.0)
    source.open()
    assert [] == list(source.prove())
    source._listening.pop().close()
    with pytest.raises(Unavailable, match="has another primary than before"):
        list(source.prove())
    source.close()


def test_every_primary_is_asked_who_the_others_are(
    store: RedisTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is cut off goes on with an old map for a while, whichever it is."""
    source = Published(store._place, b"revoked", timeout_seconds=2.0)
    source.open()
    asked: list[Listening] = []
    primaries = Listening.primaries

    def recorded(self: Listening) -> set[tuple[str, int]]:
        asked.append(self)
        return primaries(self) if self is not source._listening[-1] else {("127.0.0.1", 1)}

    monkeypatch.setattr(Listening, "primaries", recorded)
    with pytest.raises(Unavailable, match="has another primary than before"):
        list(source.prove())
    assert source._listening == asked
    source.close()


def test_a_listing_during_which_a_token_has_moved_is_an_outage(
    store: RedisTokenStore, nodes: list[Server]
) -> None:
    """It may have come to where the scan was before. What was found is given, and is not all."""
    store.add(ONE)
    pages = store.pages()
    next(pages)
    move(nodes)
    with pytest.raises(Unavailable, match="was resharded while it was read: do it again"):
        list(pages)
    assert [ONE] == list(store.records())
    name = str(nodes[1].ask("CLUSTER", "MYID"), "ascii")  # type: ignore[call-overload]
    nodes[0].ask("CLUSTER", "SETSLOT", "0", "MIGRATING", name)
    with pytest.raises(Unavailable, match="was resharded"):
        store.count()
    nodes[0].ask("CLUSTER", "SETSLOT", "0", "STABLE")
    assert 1 == store.count()


def test_silent_nodes_cost_no_more_than_one_wait() -> None:
    """However many the URL names: who starts or serves waits no longer than he was told to."""
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
        url = "redis+cluster://" + ",".join(f"127.0.0.1:{one.getsockname()[1]}" for one in silent)
        began_at = time.monotonic()
        RedisTokenStore(url, timeout_seconds=0.2).close()
        assert time.monotonic() - began_at < 0.4  # six waits of a half are 0.6


def test_a_token_that_has_moved_to_another_node_is_found(store: RedisTokenStore, nodes: list[Server]) -> None:
    """MOVED is followed, in both colours, for questions and changes."""
    store.add(ONE)
    assert ONE == store.find(ONE.digest)

    async def ask_twice() -> list[TokenRecord | None]:
        found = [await store.afind(ONE.digest)]
        await asyncio.to_thread(move, nodes)
        found.append(await store.afind(ONE.digest))
        await store.aclose()
        return found

    assert [ONE, ONE] == asyncio.run(ask_twice())
    assert ONE == store.find(ONE.digest)
    assert store.revoke(ONE.digest)


def move(nodes: list[Server]) -> None:
    """Move the slot of a token from the node that has it to another."""
    key = PREFIX.encode() + ONE.digest
    with redis.Redis(port=nodes[0].port, protocol=2) as client:
        slot = str(client.execute_command("CLUSTER KEYSLOT", key))
    source = next(server for server in nodes if held_by(server) == 1)
    target = next(server for server in nodes if server is not source)
    names = {server: str(server.ask("CLUSTER", "MYID"), "ascii") for server in nodes}  # type: ignore[call-overload]
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", names[source])
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", names[target])
    with redis.Redis(port=source.port, protocol=2) as client:
        client.execute_command("MIGRATE", "127.0.0.1", target.port, key, 0, 1_000)
    for server in (target, source, *nodes):
        server.ask("CLUSTER", "SETSLOT", slot, "NODE", names[target])


def test_a_node_that_is_gone_is_an_outage_for_its_own_tokens(nodes: list[Server]) -> None:
    """The others are found; none is taken for unknown. (The last test here: the node stays away.)"""
    for server in nodes:
        server.ask("FLUSHALL")
    store = RedisTokenStore(f"redis+cluster://127.0.0.1:{nodes[0].port}", prefix=PREFIX)
    store.add_many(MANY)
    with redis.Redis(port=nodes[2].port) as client:
        gone = {key.removeprefix(PREFIX.encode()) for key in client.scan_iter(count=1_000)}
    source = Published(store._place, b"revoked", timeout_seconds=2.0)
    source.open()
    nodes[2].kill()
    with pytest.raises(Unavailable, match="cannot be reached"):
        list(source.prove())
    source.close()
    lost = next(one for one in MANY if one.digest in gone)
    there = next(one for one in MANY if one.digest not in gone)
    with pytest.raises(Unavailable):
        store.find(lost.digest)
    assert there == store.find(there.digest)
    assert [there] == awaited(store, lambda: store.afind(there.digest))
    with pytest.raises(Unavailable):
        awaited(store, lambda: store.afind(lost.digest))
    store.close()


def test_a_url_of_another_kind_is_refused_at_once(nodes: list[Server]) -> None:
    """A node of a cluster is not a Redis of its own."""
    with pytest.raises(ConfigurationError, match=r"is a node of a cluster: redis\+cluster://"):
        RedisTokenStore(nodes[0].url)


def test_when_sentinels_choose_another_primary_it_goes_on_there(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """In both colours, without a restart; nobody who is revoked passes meanwhile."""
    folder = tmp_path_factory.mktemp("sentinel")
    secret = ("requirepass hunter2", "masterauth hunter2", "repl-diskless-sync-delay 0")
    with ExitStack() as stack:
        primary = stack.enter_context(running(folder, *secret))
        replica = stack.enter_context(running(folder, *secret, f"replicaof 127.0.0.1 {primary.port}"))
        watch = (
            f"sentinel monitor tokens 127.0.0.1 {primary.port} 1",
            "sentinel auth-pass tokens hunter2",
            "sentinel down-after-milliseconds tokens 100",
            "sentinel failover-timeout tokens 500",
        )
        sentinel = stack.enter_context(running(folder, *watch, sentinel=True))
        wait_until(lambda: is_replicated(replica) and knows_a_replica(sentinel))
        # The first sentinel is one that is not there.
        url = f"redis+sentinel://:hunter2@127.0.0.1:1,127.0.0.1:{sentinel.port}/tokens/0"
        clock = iter(range(1_000_000))
        store = RedisTokenStore(url, now=lambda: NOW, monotonic=lambda: 10.0 * next(clock))
        source = Published(store._place, f"{PREFIX}revoked".encode(), timeout_seconds=2.0)
        source.open()
        assert [] == list(source.prove())
        store.add_many([ONE, OTHER])
        store.revoke(ONE.digest)
        with redis.Redis(port=primary.port, password="hunter2") as client:
            assert 1 == client.wait(1, 5_000)  # the replica has it
        revoked = replace(ONE, revoked_at=NOW)
        assert [revoked, OTHER] == [store.find(one.digest) for one in (ONE, OTHER)]

        async def through_a_failover() -> int:
            assert revoked == await store.afind(ONE.digest)
            primary.kill()
            outages = 0
            give_up_at = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < give_up_at:
                try:
                    assert revoked == await store.afind(ONE.digest)
                except Unavailable:
                    outages += 1
                    await asyncio.sleep(0.02)
                else:
                    break
            assert await store.arevoke(OTHER.digest)
            await store.aclose()
            return outages

        assert asyncio.run(through_a_failover()) > 0
        assert replace(OTHER, revoked_at=NOW) == store.find(OTHER.digest)
        with pytest.raises(Unavailable, match=r"has another primary than before|cannot be reached"):
            list(source.prove())
        source.close()
        source = Published(store._place, f"{PREFIX}revoked".encode(), timeout_seconds=2.0)
        source.open()
        assert not store.revoke(OTHER.digest)
        assert [OTHER.digest] == list(source.prove())
        source.close()
        store.close()
        with pytest.raises(ConfigurationError, match=r"is a sentinel: redis\+sentinel://"):
            RedisTokenStore(sentinel.url)


class ValkeySentinel:
    """What one of Valkey 9.1.2 says of itself; Redis calls the last of it `redis_mode`."""

    def info(self) -> dict[str, str]:
        return {"redis_version": "7.2.4", "valkey_version": "9.1.2", "server_mode": "sentinel"}

    def config_get(self, pattern: str) -> dict[str, str]:
        raise redis.ResponseError("unknown command 'config'")


def test_a_sentinel_of_valkey_is_no_store_either() -> None:
    """It is told at once, as one of Redis is."""
    with pytest.raises(ConfigurationError, match=r"is a sentinel: redis\+sentinel://"):
        facts_of(ValkeySentinel(), place_of("redis://127.0.0.1:26379/0"))


def is_replicated(replica: Server) -> bool:
    with redis.Redis(port=replica.port, password="hunter2") as client:
        return bool(client.info("replication")["master_link_status"] == "up")


def knows_a_replica(sentinel: Server) -> bool:
    with redis.Redis(port=sentinel.port, protocol=2) as client:
        return bool(client.sentinel_masters()["tokens"]["num-slaves"] == 1)
