"""What a development server makes of requests that no ordinary client sends, and what stands in logs then."""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bearerguard.devserver import DevServer, Settings
from tests.servers.running import Answer, read_answer

PASSWORD = "a password"
CALLBACK = "https://app.example.org/callback"
MALFORMED = "The form body is malformed: its chunks cannot be read."
UNREADABLE = "This request cannot be read. Go back and try again."


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    path: Path = tmp_path_factory.mktemp("devserver") / "dev.db"
    dev = DevServer(path, settings=Settings(allow_implicit=True))
    dev.add_user("alice", PASSWORD)
    with dev:
        yield dev


def ask(dev: DevServer, line: str, *fields: str, host: str = "localhost", body: bytes = b"") -> Answer:
    """Send a request as it stands here."""
    tls = ssl.create_default_context(cafile=dev.ca_file)
    head = "\r\n".join([f"{line} HTTP/1.1", f"Host: {host}", *fields, "", ""])
    address = ("localhost", urlsplit(dev.issuer).port)
    with (
        socket.create_connection(address, 10) as raw,
        tls.wrap_socket(raw, server_hostname="localhost") as one,
    ):
        one.sendall(head.encode() + body)
        return read_answer(one)


@pytest.mark.parametrize("body", [b"zz\r\nabc", b"-5\r\nabc"])
@pytest.mark.parametrize(
    ("path", "sentence"), [("/oauth2/userinfo", MALFORMED), ("/oauth2/token", UNREADABLE)]
)
def test_a_malformed_chunk_is_the_client_s_mistake(
    dev: DevServer, caplog: pytest.LogCaptureFixture, path: str, sentence: str, body: bytes
) -> None:
    """RFC 9112 section 7.1: a 400, and no traceback."""
    form = "Content-Type: application/x-www-form-urlencoded"
    answer = ask(dev, f"POST {path}", form, "Transfer-Encoding: chunked", body=body)
    assert (400, {"error": "invalid_request", "error_description": sentence}) == (
        answer.status,
        json.loads(answer.body),
    )
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("path", ["/oauth2//token", "/oauth2/token/", "/login//", "/static//devserver.css"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_almost_one_of_ours_is_redirected_nowhere(
    dev: DevServer, method: str, path: str
) -> None:
    """Least of all to what Host says, with the query that came."""
    answer = ask(dev, f"{method} {path}?code=secret", "Content-Length: 0", host="evil.example")
    assert (404, [], False) == (answer.status, answer.all("location"), b"evil.example" in answer.body)


@pytest.mark.parametrize("response_type", ["code", "token"])
def test_who_approves_leaves_no_code_and_no_token_in_any_log(
    dev: DevServer, caplog: pytest.LogCaptureFixture, response_type: str
) -> None:
    """With everything logged that anybody logs: a test that fails prints it."""
    caplog.set_level(logging.DEBUG)
    application = dev.register("Picard", redirect_uris=[CALLBACK], public=response_type == "token")
    asked = {"response_type": response_type, "client_id": application.client_id, "scope": "tag"}
    query = urlencode(asked | {"state": "a-state-of-mine"})
    location = urlsplit(dev.approve(f"{dev.issuer}/oauth2/authorize?{query}", user="alice"))
    found = parse_qs(location.query or location.fragment)
    [given] = found["code" if response_type == "code" else "access_token"]
    assert ["a-state-of-mine"] == found["state"]
    assert [] == [secret for secret in (given, "a-state-of-mine", PASSWORD) if secret in caplog.text]
