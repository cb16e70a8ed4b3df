"""Room for newcomers: of too many connections the oldest are cut, and there is an end of threads."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack

import pytest
from werkzeug.serving import ThreadedWSGIServer

from bearerguard.devserver import connections, serving
from bearerguard.devserver.certificates import Certificate, certificate_beside
from tests.devserver.connecting import (
    MAY_END,
    TIMEOUT_SECONDS,
    asked_to_wait,
    connected,
    everything,
    get,
    running,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_beside(tmp_path_factory.mktemp("tls") / "dev.db", "localhost", now=time.time())


def test_of_too_many_connections_the_oldest_makes_room(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opens many and says nothing does not lock the others out."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    with running(certificate) as server, connected(server) as one, connected(server) as other:
        assert 200 == get(server, certificate).status_code
        # Which of the two was older, their threads decide.
        cut, _, _ = select.select([one, other], [], [], TIMEOUT_SECONDS)
        assert [b""] == [everything(client) for client in cut]


def test_each_newcomer_makes_room_even_behind_a_busy_one(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that works on can be cut once only; the next newcomer cuts the next."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    with ExitStack() as opened:
        # Set first of all when this ends, so that nothing waits for the busy one.
        server = opened.enter_context(running(certificate))
        opened.callback(MAY_END.set)
        busy = opened.enter_context(asked_to_wait(server))
        silent = []
        for _ in range(6):
            silent.append(opened.enter_context(connected(server)))
            silent[-1].sendall(b"\x16")
        cut = until_ended([busy, *silent], 5)
        assert (5, True) == (len(cut), busy in cut)


def until_ended(clients: list[socket.socket], wanted: int) -> list[socket.socket]:
    """Those of the clients whose connections end, when so many of them have."""
    ended: list[socket.socket] = []
    until = time.monotonic() + TIMEOUT_SECONDS
    while len(ended) < wanted and time.monotonic() < until:
        left = [client for client in clients if client not in ended]
        ended += select.select(left, [], [], 0.1)[0]
    return ended


def test_there_is_an_end_of_threads(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """While all are busy a newcomer is let go; the next is served when one is free."""
    monkeypatch.setattr(serving, "MAX_THREADS", 2)
    monkeypatch.setattr(serving, "POLL_SECONDS", 0.01)
    with ExitStack() as opened:
        server = opened.enter_context(running(certificate))
        opened.callback(MAY_END.set)
        busy = [opened.enter_context(asked_to_wait(server)) for _ in range(2)]
        assert b"" == everything(opened.enter_context(connected(server)))
        MAY_END.set()
        assert [True, True] == [everything(client).endswith(b"http") for client in busy]
        assert 200 == get(server, certificate).status_code


def test_a_thread_that_cannot_be_had_costs_one_connection(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its place is free again for the next."""

    def cannot_start(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(serving, "MAX_THREADS", 1)
    with running(certificate) as server:
        with monkeypatch.context() as patched:
            patched.setattr(ThreadedWSGIServer, "process_request", cannot_start)
            with connected(server) as client:
                assert b"" == everything(client)
        assert 200 == get(server, certificate).status_code
    assert "RuntimeError: can't start new thread" in caplog.text
