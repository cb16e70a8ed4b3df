"""Last uses on the engines themselves: many processes, servers that end, foreign hands, clusters."""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import Unavailable
from bearerguard.stores import issue
from bearerguard.stores._sqlite import reader
from bearerguard.stores.opening import open_store
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.databases import database, execute
from tests.stores.feeding import eventually
from tests.stores.redis_servers import URL, forget, own_prefix
from tests.stores.test_feed_processes import ROOT, WAIT_SECONDS, ask, keep, serving

PROCESSES, ROUNDS, TOKENS = 3, 2, 1_100

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@contextmanager
def place_of(kind: str, folder: Path) -> Iterator[str]:
    if kind == "file":
        yield str(folder / "tokens.db")
    elif kind == "redis":
        prefix = own_prefix("uses")
        try:
            yield f"{URL}?prefix={prefix}"
        finally:
            forget(prefix)
    else:
        with database(kind, folder) as url:
            yield url


def write_often(place: str, digests: list[bytes], barrier: Any, answers: Any) -> None:
    store: Any = open_store(place)
    order, told = random.Random(os.getpid()), list[str]()  # noqa: S311 - to be in another order than others
    barrier.wait(WAIT_SECONDS)
    for number in range(ROUNDS):
        try:
            store.keep_uses(dict.fromkeys(order.sample(digests, len(digests)), 1_000.0 + number))
        except Unavailable as error:
            told.append(error.what)
    store.close()
    answers.put(told)


@pytest.mark.parametrize("kind", ["file", "postgresql", "mariadb", "redis"])
def test_processes_that_write_the_same_tokens_at_once_all_succeed(kind: str, tmp_path: Path) -> None:
    """None waits for another that waits for it, whatever order they have noted them in."""
    records = [issue(subject="alice")[1] for _ in range(TOKENS)]
    digests = [one.digest for one in records]
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(PROCESSES), context.SimpleQueue()
    with place_of(kind, tmp_path) as place:
        store: Any = open_store(place, create=True)
        store.add_many(records)
        store.close()
        processes = [
            context.Process(target=write_often, args=(place, digests, barrier, answers))
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        assert [[]] * PROCESSES == [answers.get() for _ in processes]
        for process in processes:
            process.join(WAIT_SECONDS)
        assert dict.fromkeys(digests, 1_000.0 + ROUNDS - 1) == store.last_uses(digests)
        store.close()


def test_a_fork_waits_for_a_write_to_a_file_that_is_under_way(tmp_path: Path) -> None:
    """SQLite must not be carried across a fork, and who forks does not know of our thread."""
    path, record = tmp_path / "tokens.db", issue(subject="alice")[1]
    store = SqliteTokenStore(path)
    store.add(record)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child() -> None:
        before = len(store.last_uses([record.digest]))
        store.keep_uses({record.digest: 3e9})
        answers.put([before, store.last_uses([record.digest])])

    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.note_use(record)
        assert store._uses is not None
        store._uses.end()
        eventually(reader._write_lock.locked)
        later = threading.Timer(0.1, other.execute, ["ROLLBACK"])
        later.start()
        process = context.Process(target=child)
        process.start()
        later.join()
    process.join(WAIT_SECONDS)
    process.kill()
    assert 0 == process.exitcode
    assert [1, {record.digest: 3e9}] == answers.get()
    assert not reader._write_lock.locked()
    store.keep_uses({record.digest: 4e9})
    assert {record.digest: 4e9} == store.last_uses([record.digest])
    store.close()


@pytest.mark.parametrize(("name", "kind"), [("gunicorn", "file"), ("one", "file")])
def test_a_server_that_is_ended_writes_first(name: str, kind: str, tmp_path: Path) -> None:
    """SIGTERM, as a service manager sends it; a worker that was forked its own uses."""
    loaded, later = issue(subject="alice"), issue(subject="alice")
    with place_of(kind, tmp_path) as place:
        keep(place, loaded[1])
        with serving(name, place, loaded[0]) as (port, _):
            assert 200 == ask(port, loaded[0])[0]
            keep(place, later[1])  # of which only a worker can know
            assert 200 == ask(port, later[0])[0]
        store: Any = open_store(place)
        assert {loaded[1].digest, later[1].digest} == store.last_uses(
            [loaded[1].digest, later[1].digest]
        ).keys()
        store.close()


ENDS = """
import sys, time
from bearerguard import StoredTokens
from bearerguard.credentials import Credentials
from bearerguard.flow import run
from bearerguard.stores import issue
from bearerguard.stores.opening import open_store

store = open_store(sys.argv[1], create=True)
token, record = issue(subject="alice")
store.add(record)
run(StoredTokens(store).verify(Credentials("Bearer", token.encode())))
if hasattr(store, "_engines"):
    store._engines.close()  # whose connections are the application's to close, with the store
if sys.argv[2] == "hangs":
    store._uses._write = lambda _: time.sleep(60)
else:
    print(record.digest.hex())
"""


def ended(place: str, how: str) -> tuple[int, str, str]:
    """Run a program that ends without closing anything."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", ENDS, place, how],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )
    return done.returncode, done.stdout.strip(), done.stderr


@pytest.mark.parametrize("kind", ["file", "postgresql"])
def test_the_end_of_the_interpreter_writes(kind: str, tmp_path: Path) -> None:
    """Though nobody has closed anything, and without a warning."""
    with place_of(kind, tmp_path) as place:
        code, digest, said = ended(place, "writes")
        assert (0, "") == (code, said)
        store: Any = open_store(place)
        assert [digest] == [one.hex() for one in store.last_uses([bytes.fromhex(digest)])]
        store.close()


def test_the_end_of_the_interpreter_does_not_wait_for_a_store_that_hangs(tmp_path: Path) -> None:
    """Longer than a second."""
    began_at = time.monotonic()
    assert (0, "", "") == ended(str(tmp_path / "tokens.db"), "hangs")
    assert time.monotonic() - began_at < 10


def test_an_instant_that_somebody_else_has_written_counts_for_none(tmp_path: Path) -> None:
    """It disturbs no others."""
    one, other = issue(subject="alice")[1], issue(subject="alice")[1]
    with database("postgresql", tmp_path) as url:
        store = SqlTokenStore(url)
        store.add_many([one, other])
        store.keep_uses({one.digest: 5.0, other.digest: 6.0})
        for value in ("'NaN'", "'infinity'", "-1", "1e300"):
            execute(url, f"UPDATE bearerguard_uses SET last_used_at = {value} WHERE last_used_at <> 6")  # noqa: S608
            assert {other.digest: 6.0} == store.last_uses([one.digest, other.digest])
        store.close()
