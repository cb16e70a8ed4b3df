"""Revoked in one process, refused in all: real servers with several workers, forked or not."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bearerguard.stores import TokenRecord, issue
from bearerguard.stores.opening import open_store
from tests.stores.databases import database

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 20
TOLD_SECONDS = 0.3  # for a machine that is busy; a feed takes milliseconds, or a look each 50
MAX_ROUNDS = 200
PORT = re.compile(r"(?:Listening at|running on):? http://127\.0\.0\.1:(\d+)")
SERVERS = {
    "gunicorn": (4, ["gunicorn", "-w", "4", "--threads", "2", "--preload", "--no-control-socket"], "-b"),
    "uvicorn": (2, ["uvicorn", "--workers", "2", "--no-access-log"], "--fd"),
    "one": (1, ["uvicorn", "--no-access-log"], "--fd"),
}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

Answer = tuple[int, str, str]  # status, process, body


def place_of(kind: str, folder: Path) -> Iterator[str]:
    if kind == "file":
        yield str(folder / "tokens.db")
        return
    with database(kind, folder) as url:
        yield url


@contextmanager
def serving(name: str, store: str, token: str, **more: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Start one: its port, and its process."""
    _, command, option = SERVERS[name]
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        os.set_inheritable(descriptor, True)
        place = [option, str(descriptor) if option == "--fd" else f"fd://{descriptor}"]
        application = "tests.stores.fed_application:" + ("wsgi" if name == "gunicorn" else "asgi")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "BEARERGUARD_STORE": store, "GOOD_TOKEN": token}
        process = subprocess.Popen(
            [sys.executable, "-m", *command, *place, application],
            cwd=ROOT,
            env=environment | more,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[descriptor],
            text=True,
        )
        try:
            yield port, process
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS)


def ask(port: int, token: str) -> Answer:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", headers={"authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
            return answer.status, answer.headers["x-process"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["x-process"], ""


def rounds_until(port: int, token: str, is_enough: Callable[[list[Answer]], bool]) -> list[Answer]:
    """Ask many at once, again and again, until that is so: a server shares them out as it likes."""
    answers: list[Answer] = []
    with ThreadPoolExecutor(8) as pool:
        for _ in range(MAX_ROUNDS):
            answers += pool.map(lambda _: ask(port, token), range(16))
            if is_enough(answers):
                return answers
    pytest.fail(f"not after {MAX_ROUNDS} rounds: {sorted(set(answers))}")


def all_say(what: str, name: str, answers: list[Answer]) -> bool:
    """Tell whether each worker has said it."""
    return SERVERS[name][0] == len({process for _, process, said in answers if said == what})


def keep(place: str, record: TokenRecord) -> None:
    store: Any = open_store(place, create=True)
    store.add(record)
    store.close()


def revoke(place: str, record: TokenRecord) -> None:
    store: Any = open_store(place)
    store.revoke(record.digest)
    store.close()


def revoke_by_command(store: str, record: TokenRecord) -> None:
    command = [sys.executable, "-m", "bearerguard", "token", "revoke", record.digest.hex()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BEARERGUARD_STORE": store}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=WAIT_SECONDS)


@pytest.mark.parametrize(
    ("name", "kind"), [("gunicorn", "postgresql"), ("gunicorn", "file"), ("uvicorn", "mariadb")]
)
def test_what_the_command_revokes_every_worker_refuses_at_once(name: str, kind: str, tmp_path: Path) -> None:
    """Though each has kept it, for a minute; also where all were forked from one that listened."""
    for store in place_of(kind, tmp_path):
        token, record = issue(subject="alice")
        keep(store, record)
        with serving(name, store, token) as (port, _):
            rounds_until(port, token, partial(all_say, "up", name))
            # What was kept before went when the feed began.
            warm = rounds_until(port, token, partial(all_say, "up", name))
            revoke_by_command(store, record)
            time.sleep(TOLD_SECONDS)
            after = rounds_until(port, token, partial(all_say, "", name))
        assert ({200}, {401}) == ({status for status, _, _ in warm}, {status for status, _, _ in after})


def test_a_process_that_was_stopped_serves_nothing_from_before(tmp_path: Path) -> None:
    """Its feed has slept as well: what it keeps is too old, whoever of its threads wakes first."""
    for store in place_of("postgresql", tmp_path):
        token, record = issue(subject="alice")
        keep(store, record)
        with serving("one", store, token, UNFED_SECONDS="1.5") as (port, process):
            rounds_until(port, token, lambda answers: answers[-1][2] == "up")
            rounds_until(port, token, lambda answers: answers[-1][2] == "up")
            process.send_signal(signal.SIGSTOP)
            try:
                revoke(store, record)
                with ThreadPoolExecutor(4) as pool:
                    waiting = [pool.submit(ask, port, token) for _ in range(4)]
                    time.sleep(1.6)
                    process.send_signal(signal.SIGCONT)
                    assert {401} == {one.result()[0] for one in waiting}
            finally:
                process.send_signal(signal.SIGCONT)


ENDS = """
import sys
from bearerguard import Cached, StoredTokens
from bearerguard.credentials import Credentials
from bearerguard.flow import run
from bearerguard.stores import issue
from bearerguard.stores.opening import open_store
from tests.stores.feeding import eventually

store = open_store(sys.argv[1], create=True)
token, record = issue(subject="alice")
store.add(record)
run(Cached(StoredTokens(store)).verify(Credentials("Bearer", token.encode())))
eventually(lambda: store.feed.is_up)
if hasattr(store, "_engines"):
    store._engines.close()  # whose connections the application may close, with the store
"""


@pytest.mark.parametrize("kind", ["postgresql", "file"])
def test_the_interpreter_ends_in_peace(kind: str, tmp_path: Path) -> None:
    """Though nobody has closed anything: soon, and without a warning."""
    for store in place_of(kind, tmp_path):
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-X", "dev", "-c", ENDS, store],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
        )
        assert (0, "", "") == (ended.returncode, ended.stdout, ended.stderr)
