"""One deadline for all of a call: the look-up of the name, every address, TLS, and the line before it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bearerguard.clients import Unreachable
from bearerguard.clients._deadline import Deadline
from bearerguard.clients._packages import httpcore
from tests.clients.calling import Colour, both_colours, client, question, served, statuses
from tests.hostile.authority import HOST
from tests.hostile.server import HostileServer

LATE = "no answer in time: see timeout_seconds="
NAME = "localhost"  # which the certificate names, and the tests look up as they like


@contextmanager
def silent(port: int) -> Iterator[tuple[str, int]]:
    """An address at which nobody answers: its line is full, and nobody takes from it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.2", port))
        listening.listen(0)
        waiting = [_begin(("127.0.0.2", port)) for _ in range(3)]
        try:
            yield "127.0.0.2", port
        finally:
            for one in waiting:
                one.close()


def _begin(address: tuple[str, int]) -> socket.socket:
    found = socket.socket()
    found.setblocking(False)
    found.connect_ex(address)
    return found


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int], name: str = NAME) -> None:
    """Let the name have these addresses, in their order."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in (name, name.encode()):
            return real(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def timed(colour: Colour, server: HostileServer, seconds: float) -> tuple[int | str, float]:
    """What becomes of a call to the name, and how long that takes."""
    http = client()
    found, took = colour.timed(http, question(server.url(NAME), timeout_seconds=seconds))
    http.close()
    return *statuses([found]), took


@both_colours
def test_a_name_that_is_not_found_in_time_is_too_late(
    colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-up counts as well: nothing else of the operating system has so long a timeout."""
    go = threading.Event()
    real = socket.getaddrinfo

    def slow(host: Any, *rest: Any, **more: Any) -> Any:
        if host in (NAME, NAME.encode()):
            go.wait(5)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with served() as server:
        # The loop of asyncio.run waits for its threads at its end, and so for this look-up.
        threading.Timer(1.5, go.set).start()
        found, took = timed(colour, server, 0.3)
        assert LATE == found
        assert 0.3 <= took < 1.5
        assert 0 == server.accepted
    for thread in threading.enumerate():
        if thread.name == "bearerguard-resolve" or isinstance(thread, threading.Timer):
            thread.join(5)


@both_colours
def test_a_name_that_nobody_knows_is_told(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and in words of ours."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with served() as server:
        found, took = timed(colour, server, 10)
    assert "no connection: the name may be wrong" == found
    assert took < 5


@both_colours
def test_the_second_address_is_tried_when_the_first_refuses(
    colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a server listens on one of two protocols only."""
    with served() as server:
        resolve(monkeypatch, ("127.0.0.3", server.port), (HOST, server.port))
        assert 200 == timed(colour, server, 10)[0]


@both_colours
def test_the_second_address_is_tried_when_the_first_is_silent(
    colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the same deadline, of which the silent one gets a share."""
    with served() as server, silent(server.port) as nobody:
        resolve(monkeypatch, nobody, (HOST, server.port))
        found, took = timed(colour, server, 2.0)
        assert 200 == found
        assert took < 2


@both_colours
def test_addresses_that_are_all_silent_are_too_late(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline is one for all of them."""
    with served() as server, silent(server.port) as nobody:
        resolve(monkeypatch, nobody, nobody, nobody)
        found, took = timed(colour, server, 0.6)
        assert LATE == found
        assert 0.5 <= took < 3


@both_colours
def test_addresses_that_all_refuse_are_told(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of the operating system, one address or two."""
    for addresses in (["127.0.0.3"], ["127.0.0.3", "127.0.0.4"]):
        with served() as server:
            resolve(monkeypatch, *[(address, server.port) for address in addresses])
            assert "no connection: Connection refused" == timed(colour, server, 10)[0]


@both_colours
def test_the_name_is_what_the_certificate_must_have(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the address that it was found at, which this one has."""
    http = client()
    other = "other.example.org"
    with served() as server:
        resolve(monkeypatch, (HOST, server.port), name=other)
        found = colour.calls(http, question(server.url(other)), question(server.url(HOST)))
    mismatch = f"Hostname mismatch, certificate is not valid for '{other}'."
    assert [f"its certificate is not good: {mismatch}", 200] == statuses(found)
    http.close()


@both_colours
def test_a_call_that_comes_too_late_is_not_made(colour: Colour) -> None:
    """A time so short that it is over before it began."""
    http = client()
    with served() as server:
        [found] = colour.calls(http, question(server, timeout_seconds=1e-9))
        assert (Unreachable, LATE) == (type(found), str(found))
        assert [] == server.questions
    http.close()


@both_colours
def test_a_name_that_cannot_be_written_down_is_told(colour: Colour) -> None:
    """As one with a label of more than 63 characters."""
    http = client()
    found = colour.calls(http, question(f"https://{'x' * 64}.example.org/"))
    assert ["no connection: the name may be wrong"] == statuses(found)
    http.close()


@both_colours
def test_a_name_without_an_address_is_told(colour: Colour, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which some look-ups say without an error."""
    with served() as server:
        resolve(monkeypatch)
        assert "no connection: no reason was given" == timed(colour, server, 10)[0]


def test_what_is_left_of_a_deadline_shrinks() -> None:
    """To nothing, which is too late."""
    deadline = Deadline(60)
    first = deadline.left_seconds()
    assert 0 < deadline.left_seconds() <= first <= 60
    with pytest.raises(httpcore.ReadTimeout):
        Deadline(0).left_seconds()
