"""What stops the questions to a database, and what must not: a crowd, a lock, a fork, a strange row."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pymysql
import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores import issue
from bearerguard.stores._sql.errors import is_stale, unavailable
from bearerguard.stores._sql.places import place_of
from bearerguard.stores.sql import SqlTokenStore
from tests.stores.colours import COLOURS, Awaited, running_loop
from tests.stores.databases import MARIADB, database, execute

CROWD = 8
SLOW_SECONDS, LIMIT_SECONDS = 0.2, 0.35  # two that come after each other are slower than the limit
SERVERS = ("postgresql", "mariadb")


@pytest.fixture(params=COLOURS)
def colour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with database("postgresql", tmp_path_factory.mktemp("none")) as url:
        yield url


def outcome(store: SqlTokenStore | Awaited, digest: bytes) -> str:
    """Look a token up; what the log would say."""
    try:
        return "found" if store.find(digest) else "not found"
    except Unavailable as error:
        return str(error)


def test_a_crowd_does_not_make_a_slow_database_one_that_is_down(
    colour: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who finds all connections in use gets 503, which says nothing of the database: it is not left alone."""
    _, record = issue(subject="alice")
    with database("postgresql", tmp_path) as url, running_loop() as loop, ThreadPoolExecutor(CROWD) as pool:
        store = SqlTokenStore(url, feed=False, pool_size=1, timeout_seconds=LIMIT_SECONDS)
        store.add(record)
        asked = store if colour == "blocking" else Awaited(store, loop)
        assert "found" == outcome(asked, record.digest)
        execute(url, "ALTER TABLE bearerguard_tokens RENAME TO kept")
        slow = f"SELECT * FROM kept WHERE pg_sleep({SLOW_SECONDS})::text = ''"  # noqa: S608
        execute(url, f"CREATE VIEW bearerguard_tokens AS {slow}")
        outcomes = list(pool.map(lambda _: outcome(asked, record.digest), range(CROWD)))
        assert "found" == outcome(asked, record.digest)
        loop.run(store.aclose())
    refused = [one for one in outcomes if one != "found"]
    assert all("has no free connection in the pool: pool_size= sets how many" in one for one in refused)
    assert CROWD - 3 <= len(refused) < CROWD
    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_changes_that_wait_for_a_lock_do_not_stop_the_questions(tmp_path: Path) -> None:
    """An open transaction holds the counter of changes: revocations are refused, reads go on."""
    records = [issue(subject="alice")[1] for _ in range(7)]
    with database("mariadb", tmp_path) as url, ThreadPoolExecutor(5) as pool:
        store = SqlTokenStore(url, feed=False, timeout_seconds=0.3)
        store.add_many(records)
        holder = pymysql.connect(**MARIADB, database=url.rpartition("/")[2])
        with holder, holder.cursor() as cursor:
            cursor.execute(
                "UPDATE bearerguard_tokens SET label = 'held' WHERE digest = %s", (records[6].digest,)
            )
            refused = list(pool.map(lambda one: refusal(store, one.digest), records[:5]))
            assert all("did not answer in time" in one for one in refused), refused
            assert "has failed several times in a row" in refusal(store, records[5].digest)
            assert "found" == outcome(store, records[5].digest)
            holder.rollback()
        store.close()


def test_a_change_that_waited_too_long_spoils_none_of_the_next(colour: str, postgresql: str) -> None:
    """The connection whose answer is still to come is not used again."""
    _, record = issue(subject="alice")
    store = SqlTokenStore(postgresql, feed=False, timeout_seconds=0.2)
    store.add(record)
    with running_loop() as loop:
        asked = store if colour == "blocking" else Awaited(store, loop)
        with psycopg.connect(postgresql) as holder:
            holder.execute("SELECT FROM bearerguard_tokens WHERE digest = %s FOR UPDATE", (record.digest,))
            assert refusal(asked, record.digest).endswith("took too long")
        asked.revoke(record.digest)  # True or not: the one before may have been done late
        found = asked.find(record.digest)
        loop.run(store.aclose())
    assert found is not None
    assert found.revoked_at is not None


def refusal(store: SqlTokenStore | Awaited, digest: bytes) -> str:
    with pytest.raises(Unavailable) as caught:
        store.revoke(digest)
    return str(caught.value)


def test_event_loops_that_ended_leave_no_connections(postgresql: str) -> None:
    """A program that calls `asyncio.run` again and again keeps the connections of the last one at most."""
    store = SqlTokenStore(postgresql, feed=False)

    async def use() -> None:
        await asyncio.gather(*(store.afind(bytes(32)) for _ in range(2)), store.arevoke(bytes(32)))

    for _ in range(5):
        asyncio.run(use())
    with psycopg.connect(postgresql, autocommit=True) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
        left = connection.execute(count, (connection.info.backend_pid,)).fetchone()
    asyncio.run(store.aclose())
    assert left is not None
    assert left[0] <= 6  # those of the last, and maybe of the one before, whose end the server has yet to see


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("kind", SERVERS)
def test_a_fork_while_a_loop_runs_leaves_the_parents_connections_alone(kind: str, tmp_path: Path) -> None:
    """The child shares what the kernel watches for the parent; it takes nothing out of it."""
    with database(kind, tmp_path) as url:
        store = SqlTokenStore(url, feed=False)

        async def ask() -> list[object]:
            before = await asyncio.gather(store.afind(bytes(32)), store.afind(bytes(32)))
            child = os.fork()
            if child == 0:
                gc.collect()
                os._exit(0)
            os.waitpid(child, 0)  # noqa: ASYNC222 - it ends at once
            after = [await store.afind(bytes(32)) for _ in range(3)]
            await store.aclose()
            return [*before, *after]

        assert [None] * 5 == asyncio.run(ask())


@pytest.mark.parametrize(
    "strange", ["expires_at = 'NaN'", "expires_at = 'infinity'", "issued_at = 'NaN'", "scopes = 'a  b'"]
)
def test_a_row_that_somebody_else_wrote_is_an_outage(colour: str, postgresql: str, strange: str) -> None:
    """An expiry that would never come is not taken; and it is nothing that stops other questions."""
    (_, record), (_, other) = issue(subject="alice"), issue(subject="bob")
    store = SqlTokenStore(postgresql, feed=False)
    store.add_many([record, other])
    with psycopg.connect(postgresql, autocommit=True) as connection:
        update = f"UPDATE bearerguard_tokens SET {strange} WHERE digest = %s"  # noqa: S608
        connection.execute(update.encode(), (record.digest,))
    with running_loop() as loop:
        asked = store if colour == "blocking" else Awaited(store, loop)
        outcomes = {outcome(asked, record.digest) for _ in range(6)}
        assert "found" == outcome(asked, other.digest)
        loop.run(store.aclose())
    assert outcomes == {
        f"token store: {place_of(postgresql).name} has a record that this bearerguard did not write"
    }


@pytest.mark.parametrize(
    ("code", "stale", "said"),
    [
        (1205, False, "waited too long for another transaction, which holds what this one wants to change"),
        (1290, False, "only lets read"),
        (2003, False, "cannot be reached"),
        (2006, True, "cannot be reached"),
        (4031, True, "failed (error 4031)"),
    ],
)
def test_the_number_of_a_mysql_error_says_more_than_its_sqlstate(code: int, stale: bool, said: str) -> None:
    """Newer drivers give both, and the SQLSTATE of most is HY000: a general error."""
    error = pymysql.err.OperationalError(code, "text of the server")
    error.sqlstate = "HY000"
    place = place_of("mysql://app@127.0.0.1/tokens")
    assert (stale, f"token store: {place.name} {said}") == (is_stale(error), str(unavailable(place, error)))
