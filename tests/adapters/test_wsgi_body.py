"""Reading ahead of a WSGI body whose bytes come when they come."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any

import pytest

from bearerguard import Bearer
from bearerguard.adapters import _wsgi_body
from bearerguard.adapters._wsgi_body import ReadAhead
from bearerguard.request import BodyNotRead
from tests.support import FORM, App, WsgiEdge, bearer, call_wsgi, server, wsgi_environ
from tests.texts import MALFORMED, TOO_LARGE, TOO_SLOW

EDGE = WsgiEdge()


class Wire:
    """Both ends of a connection: what is sent on one is read, when it comes, on the other."""

    def __init__(self) -> None:
        self.client, self.server = socket.socketpair()
        self.stream = self.server.makefile("rb")

    def close(self) -> None:
        for one in (self.client, self.stream, self.server):
            one.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    found = Wire()
    yield found
    found.close()


class Plain:
    """A stream that has read() alone, as PEP 3333 asks for, and gives it piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read(self, size: int) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]


def environ_of(stream: Any, length: int | None, *, token: str | None = None) -> dict[str, Any]:
    headers = [FORM, *(bearer(token) if token else ())]
    environ = wsgi_environ(
        "POST", headers=headers, **{"wsgi.input": stream, "wsgi.input_terminated": length is None}
    )
    return environ if length is None else {**environ, "CONTENT_LENGTH": str(length)}


def test_a_body_that_comes_in_pieces_is_found_and_given_again() -> None:
    """Whatever the pieces."""
    app = App()
    guarded = EDGE.guard(app, server())
    reply = call_wsgi(guarded, environ_of(Plain(b"access_", b"token", b"=good&a=", b"1"), 21))
    assert (200, b"access_token=good&a=1") == (reply.status, app.body)


def test_a_body_is_read_off_a_connection_that_stays_open(wire: Wire) -> None:
    """Its length says where it ends; nobody waits for more."""
    app = App()
    wire.client.sendall(b"access_token=goodGET")
    reply = call_wsgi(EDGE.guard(app, server()), environ_of(wire.stream, 17))
    assert (200, b"access_token=good") == (reply.status, app.body)
    assert b"GET" == wire.stream.read(3)


def slow(**settings: Any) -> Any:
    return server(schemes=[Bearer(form=True, body_timeout_seconds=0.05, **settings)])


def test_a_body_that_does_not_arrive_in_time_is_408(wire: Wire) -> None:
    """However long the client would go on."""
    app = App()
    wire.client.sendall(b"access_token=")
    began = time.monotonic()
    reply = call_wsgi(EDGE.guard(app, slow()), environ_of(wire.stream, 17))
    assert ((408, TOO_SLOW), []) == (reply.brief, app.seen)
    assert time.monotonic() - began < 2
    wire.client.sendall(b"good")  # the reading thread ends with it


def test_a_body_that_trickles_is_408(wire: Wire) -> None:
    """The time is for all of it, not for each piece."""

    class Trickle:
        def read(self, size: int) -> bytes:
            time.sleep(0.01)
            return b"a"

    assert (408, TOO_SLOW) == call_wsgi(EDGE.guard(App(), slow()), environ_of(Trickle(), 10_000)).brief


def test_beside_a_token_a_slow_body_passes_and_is_read_to_its_end(wire: Wire) -> None:
    """The application gets every byte, those read ahead and those that come later."""
    app = App()
    wire.client.sendall(b"a=")
    threading.Timer(0.15, wire.client.sendall, [b"12345"]).start()
    reply = call_wsgi(EDGE.guard(app, slow()), environ_of(wire.stream, 7, token="good"))
    assert (200, b"a=12345") == (reply.status, app.body)


def test_beside_a_token_a_large_body_passes(wire: Wire) -> None:
    """Without a length, too: the rest follows what was read ahead."""
    body = bytes(range(256)) * 300
    app = App()
    environ = environ_of(
        Plain(*[body[at : at + 1_000] for at in range(0, len(body), 1_000)]), None, token="good"
    )
    assert (200, body) == (call_wsgi(EDGE.guard(app, slow()), environ).status, app.body)


def test_an_endless_body_is_413_after_a_bounded_number_of_bytes() -> None:
    """Without a length, while reading."""
    given: list[int] = []

    class Endless:
        def read(self, size: int) -> bytes:
            given.append(min(size, 1_000))
            return b"x" * min(size, 1_000)

    reply = call_wsgi(EDGE.guard(App(), server()), environ_of(Endless(), None))
    assert ((413, TOO_LARGE), 16_385) == (reply.brief, sum(given))


def test_a_server_that_refuses_a_body_while_it_is_read_is_heard() -> None:
    """Its own exception comes out, for its own answer."""

    class Broken:
        def read(self, size: int) -> bytes:
            raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        call_wsgi(EDGE.guard(App(), server()), environ_of(Broken(), 5))


def test_a_failure_after_the_time_is_up_is_heard_by_the_application() -> None:
    """Not swallowed by the thread that met it."""
    ahead = ReadAhead(FailsLater(), 10)
    with pytest.raises(BodyNotRead):
        ahead.read_all(100, 0.02)
    with pytest.raises(ConnectionResetError, match="gone"):
        BufferedReader(ahead).read()


class FailsLater:
    def read(self, size: int) -> bytes:
        time.sleep(0.1)
        raise ConnectionResetError("gone")


@pytest.mark.parametrize("stream", [BytesIO(b"12345"), Plain(b"12345")])
def test_without_any_time_left_nothing_is_found(stream: Any) -> None:
    """And every byte is still there."""
    ahead = ReadAhead(stream, 5)
    with pytest.raises(BodyNotRead) as caught:
        ahead.read_all(100, 0)
    assert (408, b"12345") == (caught.value.status, BufferedReader(ahead).read())


def test_it_is_a_stream_like_any_other() -> None:
    """read, readline and iteration, as PEP 3333 asks for."""
    ahead = ReadAhead(Plain(b"one\ntwo\n", b"three"), None)
    with pytest.raises(BodyNotRead):
        ahead.read_all(4, 1)
    assert isinstance(ahead, RawIOBase)
    assert [b"one\n", b"two\n", b"three"] == list(BufferedReader(ahead))


class Stalling:
    """A client that says nothing until it leaves."""

    def __init__(self) -> None:
        self.has_left = threading.Event()

    def read(self, size: int) -> bytes:
        self.has_left.wait(20)
        return b""


def test_clients_that_stall_do_not_become_threads_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many at once are an attack: the next form is a 503, and a token elsewhere still counts."""
    monkeypatch.setattr(_wsgi_body, "MAX_OVERDUE", 2)
    guarded = EDGE.guard(App(), server(schemes=[Bearer(form=True, body_timeout_seconds=0.05)]))
    stalling = [Stalling(), Stalling()]
    for stream in stalling:
        assert 408 == call_wsgi(guarded, environ_of(stream, 9)).status
    threads = [one._thread for one in _wsgi_body._overdue]
    reply = call_wsgi(guarded, environ_of(Plain(b"access_token=good"), 17))
    assert (503, ["1"], []) == (reply.status, reply.all("retry-after"), reply.all("www-authenticate"))
    assert 200 == call_wsgi(guarded, environ_of(Plain(b"a=1"), 3, token="good")).status
    for stream in stalling:
        stream.has_left.set()
    for thread in threads:
        thread.join(20)
    assert 200 == call_wsgi(guarded, environ_of(Plain(b"access_token=good"), 17)).status


def test_a_body_that_has_arrived_already_is_bounded_too() -> None:
    """Where the stream ends with it, and no length says how much there is."""
    app, stream = App(), BytesIO(b"a" * 200)
    guarded = EDGE.guard(app, server(schemes=[Bearer(form=True, max_body_bytes=100)]))
    assert ((413, TOO_LARGE), []) == (call_wsgi(guarded, environ_of(stream, None)).brief, app.seen)


@pytest.mark.parametrize("error", [OSError("Invalid chunk header"), ValueError("Bad chunked transfer size")])
def test_a_body_of_malformed_chunks_is_refused(error: Exception) -> None:
    """In whatever words a server says so (RFC 9112 section 7.1); with a token the application hears it."""

    class Malformed:
        def read(self, size: int) -> bytes:
            raise error

    guarded = EDGE.guard(App(), server())
    assert (400, MALFORMED) == call_wsgi(guarded, environ_of(Malformed(), None)).brief
    with pytest.raises(type(error), match=str(error)):
        call_wsgi(guarded, environ_of(Malformed(), None, token="good"))


@pytest.mark.parametrize("error", [TimeoutError("timed out"), OSError(113, "No route to host")])
def test_a_connection_that_breaks_is_no_malformed_body(error: OSError) -> None:
    """There is nobody to answer: the server hears it."""

    class Broken:
        def read(self, size: int) -> bytes:
            raise error

    with pytest.raises(type(error)):
        call_wsgi(EDGE.guard(App(), server()), environ_of(Broken(), None))
