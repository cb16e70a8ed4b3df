"""docs/introspection.md: the rows of its table that are about the network, with the real client."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from bearerguard import ClientSecretBasic, Introspection
from bearerguard.clients.httpx import HttpxClient
from bearerguard.flow import run
from tests.docs.answers import ACTIVE, Became, Bench, Edge, Row, became, rows_of
from tests.docs.pages import DOCS
from tests.docs.raw_server import RawServer, Script, boasts, crumbles, cuts, drips, hangs, says
from tests.docs.test_introspection_answers import cases_of
from tests.support import credentials

ROWS = [row for row in rows_of(DOCS / "introspection.md", "What each answer becomes") if not cases_of(row)]
SHORT_SECONDS = 0.2  # for the rows that wait for it
LONG_SECONDS = 30.0  # for the others, however busy the machine is
Start = Callable[[ExitStack], tuple[Any, str]]
GOOD_TEXT = json.dumps(ACTIVE).encode()
GOOD = says(GOOD_TEXT)
TOO_LONG = json.dumps({**ACTIVE, "x": "x" * 64 * 1024}).encode()


def with_certificate(stack: ExitStack) -> tuple[RawServer, str]:
    trustme = pytest.importorskip("trustme")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = stack.enter_context(RawServer(GOOD, tls=context))
    return server, f"https://127.0.0.1:{server.port}"


def without_tls(stack: ExitStack) -> tuple[RawServer, str]:
    server = stack.enter_context(RawServer(GOOD, listens=False))
    return server, f"https://127.0.0.1:{server.port}"


def serving(*scripts: Script) -> Start:
    def start(stack: ExitStack) -> tuple[RawServer, str]:
        server = stack.enter_context(RawServer(*scripts))
        return server, f"http://127.0.0.1:{server.port}"

    return start


def nobody(stack: ExitStack) -> tuple[None, str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return None, f"http://127.0.0.1:{listener.getsockname()[1]}"


def no_name(stack: ExitStack) -> tuple[None, str]:
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(socket, "getaddrinfo", _fail_to_resolve)
    return None, "https://as.example.org"


def _fail_to_resolve(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


SERVERS: dict[str, Start] = {
    "a cookie": serving(says(GOOD_TEXT, "Set-Cookie: a=b")),
    "nothing in time": serving(hangs),
    "a byte now and then, and not all in time": serving(drips),
    "nobody listens": nobody,
    "no such name": no_name,
    "another's certificate, or of a CA that is not known": with_certificate,
    "plain http at an https address": without_tls,
    "a connection that is cut, twice": serving(cuts),
    "a connection that is cut, and a good answer to the second try": serving(cuts, GOOD),
    "more than 64 KiB, packed or unpacked": serving(says(TOO_LONG)),
    "more than 64 KiB of everything else: header fields, sizes of chunks": serving(boasts),
    "a content of more than 4,096 pieces": serving(crumbles),
    "a bit more than one answer": serving(says(GOOD_TEXT, more=b"HTTP/1.1 200 OK\r\n")),
    "a coding that nobody asked for": serving(says(b"{}", "Content-Encoding: br")),
    "broken gzip": serving(says(b"{}", "Content-Encoding: gzip")),
}


IN_TIME = {"nothing in time", "a byte now and then, and not all in time"}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def ask(edge: Edge, stack: ExitStack, row: str, caplog: pytest.LogCaptureFixture) -> tuple[Became, Any]:
    """See what becomes of a row, under the name of the page's host."""
    server, base = SERVERS[row](stack)
    http = Counted()
    stack.callback(http.close)
    endpoint = f"{base}/introspect"
    seconds = SHORT_SECONDS if row in IN_TIME else LONG_SECONDS
    bench = Bench(edge, http, endpoint=endpoint, timeout_seconds=seconds, allow_loopback_http=base[4] == ":")
    found = became(bench, http.asked, caplog)
    return replace(found, log=found.log.replace("127.0.0.1", "as.example.org")), server


class Counted(HttpxClient):
    """The real client; it notes what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []

    def send(self, request: Any) -> Any:
        self.asked.append(request)
        return super().send(request)

    async def asend(self, request: Any) -> Any:
        self.asked.append(request)
        return await super().asend(request)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.answer)
def test_what_happens_on_the_network_becomes_what_its_row_says(
    row: Row, edge: Edge, stack: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    """Status, how long it is kept, whether it counts, and the line in the log."""
    found, _ = ask(edge, stack, row.answer, caplog)
    assert row.expected(row.log_text) == found


def test_a_cookie_is_never_sent_back(edge: Edge, stack: ExitStack, caplog: pytest.LogCaptureFixture) -> None:
    """Each question is the first, as far as the server can tell."""
    _, server = ask(edge, stack, "a cookie", caplog)
    assert len(server.asked) > 1
    assert [] == [request for request in server.asked if b"cookie" in request.lower()]


def test_a_connection_with_a_bit_more_is_not_used_again() -> None:
    """The bit would be taken for an answer about the next token."""
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        says(GOOD_TEXT, more=b"HTTP/1.1 200 OK\r\n")(connection)
        seen.append(connection.recv(1))  # nothing: the client has closed it

    with RawServer(answer, GOOD) as raw:
        endpoint = f"http://127.0.0.1:{raw.port}/introspect"
        client = ClientSecretBasic("api", "secret")
        verifier = Introspection(endpoint, client=client, allow_loopback_http=True)
        for token in ("one", "two"):
            assert run(verifier.verify(credentials(token)))
        run(verifier.close())
    assert ([b""], 2) == (seen, len(raw.asked))


def test_a_bomb_is_too_long_as_well(
    edge: Edge, stack: ExitStack, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 MB in 10 KB: what counts is what it unfolds to."""
    bomb = says(gzip.compress(b" " * 10_000_000), "Content-Encoding: gzip")
    row = next(one for one in ROWS if one.answer.startswith("more than 64 KiB"))
    monkeypatch.setitem(SERVERS, row.answer, serving(bomb))
    found, _ = ask(edge, stack, row.answer, caplog)
    assert row.expected(row.log_text) == found


def test_every_row_about_the_network_has_a_server() -> None:
    """And no server is without its row."""
    assert set(SERVERS) == {row.answer for row in ROWS}
