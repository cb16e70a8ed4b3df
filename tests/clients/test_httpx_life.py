"""When connections are opened, and closed by themselves: by calls, by loops, by age, with their process."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import anyio
import pytest

from bearerguard.clients import httpx as clients_httpx
from tests.clients.calling import (
    Blocking,
    Colour,
    OnALoop,
    both_colours,
    client,
    question,
    served,
    statuses,
    until_closed,
)
from tests.hostile.authority import ca_file
from tests.hostile.server import HostileServer

ROOT = Path(__file__).parents[2]

# Calls on a thread and on two loops, and no word about closing anything.
PROGRAM = """
import asyncio, sys
from bearerguard.clients import HttpRequest
from bearerguard.clients.httpx import HttpxClient

url, ca_file = sys.argv[1:]
http = HttpxClient(ca_file=ca_file)
request = HttpRequest(method="POST", url=url, fields={}, content=b"token=one", timeout_seconds=10.0)

async def main():
    return [answer.status for answer in await asyncio.gather(*(http.asend(request) for _ in range(3)))]

print(http.send(request).status, asyncio.run(main(), debug=False), asyncio.run(main(), debug=False))
"""


def test_a_process_ends_without_a_word() -> None:
    """No socket, no transport and no task is left over for Python to warn about."""
    with served() as server:
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", PROGRAM, server.url(), str(ca_file("ours"))],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
        )
        assert ("200 [200, 200, 200] [200, 200, 200]\n", "", 0) == (done.stdout, done.stderr, done.returncode)
        until_closed(server)


def test_each_run_of_a_loop_has_its_own_connections() -> None:
    """Opened by its first call, closed at its end; the client can be used in any number of runs."""
    http = client()
    with served() as server:
        for runs in (1, 2, 3):
            assert [200, 200] == statuses(OnALoop().calls(http, question(server), question(server)))
            until_closed(server)
            assert runs == server.accepted
    assert {} == http._loops


def test_loops_on_many_threads_share_a_client() -> None:
    """Each has its own connections, and gets its own answers."""
    http = client()
    failures = []

    def run(number: int) -> None:
        found = OnALoop().calls(http, *[question(server, f"t{number}")] * 5)
        said = [getattr(one, "fields", {}).get("x-token") for one in found]
        if said != [f"t{number}"] * 5:
            failures.append((number, found))

    with served() as server:
        threads = [threading.Thread(target=run, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [] == failures
        until_closed(server)
        assert 10 == server.accepted
    assert {} == http._loops


@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_without_a_word_is_forgotten() -> None:
    """Nothing can close its connections any more; they are nobody's."""
    http = client()
    with served() as server:
        loop = asyncio.new_event_loop()
        assert 200 == loop.run_until_complete(http.asend(question(server))).status
        loop.close()
        assert [200] == statuses(OnALoop().calls(http, question(server)))
        assert {} == http._loops
        del loop
        gc.collect()
        until_closed(server)


def test_a_client_that_is_dropped_closes_its_connections() -> None:
    """Those of threads at once, without a warning."""
    http = client()
    with served() as server:
        assert [200] == statuses(Blocking().calls(http, question(server)))
        assert 1 == server.open
        del http
        gc.collect()
        until_closed(server)


@pytest.mark.parametrize("in_a_cycle", [False, True])
def test_a_client_that_is_dropped_on_a_running_loop_closes_its_connections(in_a_cycle: bool) -> None:
    """The loop does that on its next turns, without a warning."""

    async def main(server: HostileServer) -> None:
        http = client()
        assert 200 == (await http.asend(question(server))).status
        if in_a_cycle:  # as what an application is built of mostly is
            http.itself = http  # type: ignore[attr-defined]
        del http
        gc.collect()
        await asyncio.to_thread(until_closed, server)

    with served() as server:
        asyncio.run(main(server))


@both_colours
def test_idle_connections_age(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than KEEPALIVE_SECONDS none is kept for."""
    monkeypatch.setattr(clients_httpx, "KEEPALIVE_SECONDS", 0.0)
    http = client()
    with served() as server:
        assert [200] * 3 == statuses(colour.calls(http, *[question(server)] * 3))
        assert 3 == server.accepted
    http.close()


def test_connections_that_a_rush_has_opened_are_closed_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was used last is used again, so that the others grow old beside it."""
    monkeypatch.setattr(clients_httpx, "KEEPALIVE_SECONDS", 0.3)
    http = client()
    with served() as server:
        Blocking().at_once(http, *[question(server, "wait", timeout_seconds=0.5)] * 5, question(server))
        server.go.set()
        Blocking().at_once(http, *[question(server)] * 6)
        accepted = server.accepted
        deadline = time.monotonic() + 10
        while server.open > 1 and time.monotonic() < deadline:
            assert [200] == statuses(Blocking().calls(http, question(server)))
        assert 1 == server.open
        assert accepted == server.accepted
    http.close()


def test_trio_is_an_event_loop_too() -> None:
    """Its connections are its own, and end with it."""
    pytest.importorskip("trio", reason="trio is not installed: calls on its loop are not tested")
    http = client()

    async def main() -> list[int]:
        with anyio.fail_after(10):
            return [(await http.asend(question(server))).status for _ in range(3)]

    with served() as server:
        for runs in (1, 2):
            assert [200, 200, 200] == anyio.run(main, backend="trio")
            until_closed(server)
            assert runs == server.accepted
