"""gunicorn with --preload: the store was used before the fork, and every worker has its own connections."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bearerguard.stores import TokenRecord, issue
from bearerguard.stores.sql import SqlTokenStore
from tests.stores.databases import database

ROOT = Path(__file__).parents[2]
WORKERS = 3
MAX_ROUNDS = 40  # the first worker may have answered several before the last one runs
WAIT_SECONDS = 15
LISTENING = re.compile(r"Listening at: (http://127\.0\.0\.1:\d+)")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@contextmanager
def gunicorn(store: str, token: str) -> Iterator[str]:
    """Start it; its address, once it has loaded the application and forks."""
    command = [sys.executable, "-m", "gunicorn", "--preload", "--no-control-socket", "-b", "127.0.0.1:0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BEARERGUARD_STORE": store, "GOOD_TOKEN": token}
    process = subprocess.Popen(
        [*command, "-w", str(WORKERS), "tests.stores.preloaded:application"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    log = ""
    try:
        for line in process.stderr:
            log += line
            if found := LISTENING.search(line):
                yield found[1]
                break
        else:
            pytest.fail(log)
    finally:
        process.terminate()
        process.wait(WAIT_SECONDS)
        process.stderr.close()


def ask(address: str, token: str) -> tuple[int, Any]:
    request = urllib.request.Request(address, headers={"authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, None


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_no_connection_crosses_a_fork(tmp_path: Path, kind: str) -> None:
    """Every answer is right though all ask at once, and no two processes share a connection."""
    good, bad = issue(subject="alice"), issue(subject="bob")
    with database(kind, tmp_path) as url:
        store = SqlTokenStore(url)
        store.add_many([good[1], bad[1]])
        store.revoke(bad[1].digest)
        with gunicorn(url, good[0]) as address, ThreadPoolExecutor(8) as pool:
            answers = list(rounds(pool, address, [good, bad] * 12))
        store.close()
    assert {(good[1], 200), (bad[1], 401)} == {(record, status) for record, status, _ in answers}
    told = [where for _, _, answer in answers if answer is not None for where in answer.values()]
    numbers = {(where["process"], where["connection"]) for where in told}
    processes, connections = {process for process, _ in numbers}, {connection for _, connection in numbers}
    assert 1 + WORKERS == len(processes) == len(connections) == len(numbers)


def rounds(
    pool: ThreadPoolExecutor, address: str, sent: list[tuple[str, TokenRecord]]
) -> Iterator[tuple[TokenRecord, int, Any]]:
    """Ask at once, again and again, until every worker has answered."""
    seen: set[int] = set()
    for _ in range(MAX_ROUNDS):
        answers = list(pool.map(lambda one: ask(address, one[0]), sent))
        for (_, record), (status, told) in zip(sent, answers, strict=True):
            if told is not None:
                seen.add(told["worker"]["process"])
            yield record, status, told
        if len(seen) == WORKERS:
            return
