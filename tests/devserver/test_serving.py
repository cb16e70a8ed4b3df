"""The server under the development authorization server: TLS, threads, and clients that do not behave."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from bearerguard.devserver import connections, serving
from bearerguard.devserver.certificates import Certificate, certificate_beside
from bearerguard.devserver.serving import Handler, Server
from tests.devserver.connecting import TIMEOUT_SECONDS, connected, everything, get, running

NOT_HTTP = b"\x00\x01 what is this \x1b[2J\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_beside(tmp_path_factory.mktemp("tls") / "dev.db", "localhost", now=time.time())


@pytest.fixture
def server(certificate: Certificate) -> Iterator[Server]:
    with running(certificate) as server:
        yield server


@pytest.fixture
def access_lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, "bearerguard.devserver")
    return lambda: [one.getMessage() for one in caplog.records if one.name == "bearerguard.devserver"]


def test_tls_and_plain_http_are_told_apart_by_the_first_byte(
    server: Server, certificate: Certificate
) -> None:
    """The application hears how a request really came, and refuses the one in clear by itself."""
    plain = httpx.get(f"http://127.0.0.1:{server.port}/", trust_env=False)
    assert [(200, "https"), (200, "http")] == [
        (answer.status_code, answer.text) for answer in (get(server, certificate), plain)
    ]


def test_silent_clients_hold_nobody_up(server: Server, certificate: Certificate) -> None:
    """Neither one that says nothing, nor one that begins a handshake, or a request, and stops."""
    with connected(server), connected(server) as hello, connected(server) as request:
        hello.sendall(b"\x16\x03\x01")
        request.sendall(b"GET / HTTP/1.1\r\n")
        assert 200 == get(server, certificate).status_code


@pytest.mark.parametrize("begins", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n"])
def test_a_silent_client_is_let_go(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, begins: bytes
) -> None:
    """No thread waits for ever: not for the first byte, the handshake or the request."""
    monkeypatch.setattr(serving, "MAX_SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(Handler, "timeout", 0.05)
    with running(certificate) as server, connected(server) as client:
        client.sendall(begins)
        assert b"" == everything(client)


def test_a_client_that_dribbles_is_let_go(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is never silent for long, and still not served for ever."""
    monkeypatch.setattr(connections, "MAX_CONNECTION_SECONDS", 0.1)
    with running(certificate) as server, connected(server) as client:
        assert dribble(client)


def dribble(client: socket.socket) -> bool:
    """Send a byte of a request now and then; True when the other side has ended it."""
    client.settimeout(0.02)
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        try:
            client.sendall(b"G")
            if not client.recv(1):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def test_a_stop_cuts_what_is_open_at_once(certificate: Certificate) -> None:
    """Idle connections, in clear and in TLS, do not hold it up; nobody is let in after it."""
    tls = ssl.create_default_context(cafile=certificate.ca_file)
    with running(certificate) as server, connected(server) as plain, connected(server) as raw:
        with tls.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=True) as secure:
            started_at = time.monotonic()
            server.stop()
            assert time.monotonic() - started_at < 0.2
            assert [b"", b""] == [everything(plain), everything(secure)]
        with pytest.raises(ConnectionRefusedError):
            connected(server)


def test_what_is_no_http_is_refused_and_not_repeated(
    server: Server, access_lines: Callable[[], list[str]]
) -> None:
    """Not in the answer, not in the log."""
    with connected(server) as client:
        client.sendall(NOT_HTTP)
        answer = everything(client)
    assert b"400" in answer
    assert b"what is this" not in answer
    assert ["- - 400"] == access_lines()


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("/oauth2/tokeninfo?access_token=secret", "GET /oauth2/tokeninfo 200"),
        ("/a#secret", "GET /a 200"),
        ("https://user:secret@localhost/a?secret", "GET /a 200"),
        ("/\x1b[2J\xe9", "GET /?[2J? 200"),
        ("/" + "a" * 300, f"GET /{'a' * 199} 200"),
    ],
)
def test_an_access_line_has_no_query(
    server: Server, access_lines: Callable[[], list[str]], target: str, line: str
) -> None:
    """Method, path and status; nothing secret, and nothing that moves a terminal's cursor."""
    with connected(server) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("latin-1"))
        everything(client)
    assert [line] == access_lines()


def test_a_broken_application_is_a_500_that_says_nothing(
    certificate: Certificate, access_lines: Callable[[], list[str]]
) -> None:
    """The log says what broke."""
    with running(certificate) as server:
        answer = get(server, certificate, "/breaks?secret")
    assert 500 == answer.status_code
    assert "application broke" not in answer.text
    [line, error] = access_lines()
    assert "GET /breaks 500" == line
    assert "RuntimeError: the application broke" in error


def test_what_breaks_outside_the_application_is_logged(
    certificate: Certificate, access_lines: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs one connection, not the server."""

    def broken(*_: object) -> None:
        raise RuntimeError("the handler broke")

    with running(certificate) as server:
        with monkeypatch.context() as patched, connected(server) as client:
            patched.setattr(serving, "Handler", broken)
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert b"" == everything(client)
        assert 200 == get(server, certificate).status_code
    assert ["A connection could not be served", "GET / 200"] == access_lines()


def test_older_tls_is_refused(server: Server) -> None:
    """TLS 1.2 is the least."""
    tls = ssl.create_default_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with connected(server) as raw, pytest.raises((ssl.SSLError, ConnectionError)):
        tls.wrap_socket(raw, server_hostname="localhost")
