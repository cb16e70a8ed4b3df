"""Another primary than before: which of several sentinels is believed, and what old connections are for."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores import TokenRecord
from bearerguard.stores._redis.electing import Sentinels, newest
from bearerguard.stores.redis import RedisTokenStore
from tests.stores.redis_servers import Server, free_port, running

RECORD = TokenRecord(sha256(b"one").digest(), "alice", issued_at=1.0, expires_at=None)


def sentinel_of(stack: ExitStack, folder: Path, port: int, epoch: int) -> Server:
    """One that takes this server for the primary since the election of this number."""
    watch = (f"sentinel monitor tokens 127.0.0.1 {port} 1", f"sentinel config-epoch tokens {epoch}")
    return stack.enter_context(running(folder, *watch, sentinel=True))


@pytest.fixture
def divided(tmp_path: Path) -> Iterator[tuple[list[Server], list[Server]]]:
    """An old primary that takes itself for one, the new one, and a sentinel of each."""
    with ExitStack() as stack:
        old, new = (stack.enter_context(running(tmp_path)) for _ in range(2))
        yield [old, new], [sentinel_of(stack, tmp_path, one.port, at) for at, one in enumerate((old, new), 1)]


def url_of(*sentinels: Server) -> str:
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in sentinels)
    return f"redis+sentinel://{hosts}/tokens/0"


@pytest.mark.parametrize("first", [0, 1])
def test_the_sentinel_that_knows_of_the_latest_election_is_believed(
    divided: tuple[list[Server], list[Server]], first: int
) -> None:
    """Whichever is asked first, in both colours; the old primary is never asked for a token."""
    (old, new), sentinels = divided
    store = RedisTokenStore(url_of(sentinels[first], sentinels[1 - first]), feed=False)
    store.add(RECORD)

    async def find() -> TokenRecord | None:
        found = await store.afind(RECORD.digest)
        await store.aclose()
        return found

    assert RECORD == store.find(RECORD.digest) == asyncio.run(find())
    assert (0, 1) == (old.ask("DBSIZE"), new.ask("DBSIZE"))


def test_a_sentinel_that_is_not_there_changes_nothing(divided: tuple[list[Server], list[Server]]) -> None:
    """In both colours; when all are gone it is an outage."""
    (_, new), sentinels = divided
    url = url_of(*sentinels).replace("//", f"//127.0.0.1:{free_port()},")
    store = RedisTokenStore(url, feed=False)
    store.add(RECORD)
    for one in sentinels:
        one.kill()
    assert RECORD == store.find(RECORD.digest)  # over the connection that there is
    store.close()

    async def find() -> TokenRecord | None:
        return await store.afind(RECORD.digest)

    for ask in (lambda: store.find(RECORD.digest), lambda: asyncio.run(find())):
        with pytest.raises(Unavailable, match="has no primary that the sentinels know"):
            ask()
    assert 1 == new.ask("DBSIZE")
    store.close()


def test_a_sentinel_that_hangs_costs_a_share_of_the_time(
    divided: tuple[list[Server], list[Server]],
) -> None:
    """In both colours: who answers is believed, well before a look-up has to give up."""
    _, sentinels = divided
    store = RedisTokenStore(url_of(*sentinels), feed=False)
    store.add(RECORD)
    store.close()
    sentinels[0].process.send_signal(signal.SIGSTOP)

    async def find() -> TokenRecord | None:
        found = await store.afind(RECORD.digest)
        await store.aclose()
        return found

    began_at = time.monotonic()
    assert RECORD == store.find(RECORD.digest) == asyncio.run(find())
    assert time.monotonic() - began_at < 1.8  # of the 2 s that each may take
    store.close()


def test_after_a_gap_no_connection_of_before_is_asked(tmp_path: Path) -> None:
    """It may lead to a primary that was frozen, and does not know yet that it is none any more."""
    with running(tmp_path) as server:
        store = RedisTokenStore(server.url, feed=False)

        def connections() -> int:
            return int(server.ask("INFO", "stats")["total_connections_received"])  # type: ignore[index]

        def opened_by(ask: object) -> int:
            before = connections()
            assert callable(ask)
            ask()
            return connections() - before - 1  # without that of the question itself

        async def on_a_loop() -> None:
            await store.afind(RECORD.digest)
            assert [0, 1] == [await awaited_by(store._listeners.tell), await awaited_by(store._hear)]
            await store.aclose()

        async def awaited_by(tell: object) -> int:
            before = connections()
            assert callable(tell)
            tell(None)
            await asyncio.sleep(0)  # it is told on the event loop
            await store.afind(RECORD.digest)
            return connections() - before - 1

        store.add(RECORD)
        store.find(RECORD.digest)
        store.revoke(RECORD.digest)
        assert 0 == opened_by(lambda: (store.find(RECORD.digest), store.revoke(RECORD.digest)))
        store._hear(None)
        assert 2 == opened_by(lambda: (store.find(RECORD.digest), store.revoke(RECORD.digest)))
        asyncio.run(on_a_loop())
        store.close()


OLD, NEW = ("127.0.0.1", 1), ("127.0.0.1", 2)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            [(OLD, 1, "master", OLD), (OLD, 2, "master", NEW)],
            NEW,
        ),  # it leads the election, and has just ended it
        ([(OLD, 2, "master,s_down", NEW)], NEW),  # the state is still that of the old one
        ([(OLD, 1, "master", OLD), (NEW, 2, "master,s_down", NEW)], None),  # the old one has nothing to say
        ([(OLD, 2, "master,s_down", OLD), (OLD, 2, "master", OLD)], OLD),  # only one of them cannot reach it
        ([], None),
    ],
)
def test_who_is_believed(
    answers: list[tuple[tuple[str, int], int, str, tuple[str, int]]], expected: tuple[str, int] | None
) -> None:
    """By what the state says, at which epoch, and by the address that is named beside it."""
    found = [
        (
            {
                "ip": state[0],
                "port": state[1],
                "config-epoch": epoch,
                "is_master": True,
                "is_sdown": "s_down" in flags,
                "is_odown": False,
                "num-other-sentinels": 2,
            },
            (named[0].encode(), named[1]),
        )
        for state, epoch, flags, named in answers
    ]
    assert expected == newest(Sentinels([("127.0.0.1", 1)]), found, "tokens")
