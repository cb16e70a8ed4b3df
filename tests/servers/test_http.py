"""Real servers over real TLS: what a parser does to a request before the guard sees it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest

from tests.servers.guarded import BODY_TIMEOUT_SECONDS, TOKEN
from tests.servers.running import Server, read_answer

AUTHORIZATION = f"Authorization: Bearer {TOKEN}\r\n".encode()
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"

# Their development servers write the request line as it came, before any application is asked.
LOGS_THE_RAW_REQUEST_LINE = ("wsgiref", "werkzeug")
# It reads a body by its announced length only, so that one without a length is empty.
KNOWS_NO_CHUNKS = ("wsgiref",)
# It hands a body on as empty when its chunks are malformed, so that there is no token in it.
HIDES_BAD_CHUNKS = ("granian-wsgi",)

# What a server writes when a client goes on to send its form after a 408: hypercorn has closed the
# connection by then, gunicorn's threaded worker has seen somebody else read of the body it wanted to drop.
# Python's own servers write about every client that leaves in the middle.
LEFT = ("Exception occurred during processing", "ConnectionResetError", "BrokenPipeError", "SSLEOFError")
OF_ITS_OWN = {
    "hypercorn": ("APPLICATION_DATA_AFTER_CLOSE_NOTIFY",),
    "gunicorn-gthread": ("Size must be positive.",),
    "wsgiref": LEFT,
    "werkzeug": LEFT,
}


def request(line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    """A request as bytes."""
    return line + b"\r\nHost: 127.0.0.1\r\n" + b"".join(fields) + b"\r\n" + body


def test_a_token_in_the_header(server: Server) -> None:
    """RFC 6750 section 2.1."""
    with server.client() as client:
        response = client.get("/", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (200, "alice") == (response.status_code, response.json()["subject"])


def test_a_token_in_a_form(server: Server) -> None:
    """Section 2.2; the application gets the body byte for byte."""
    body = urlencode({"a": "ä+ b", "access_token": TOKEN, "b": ""})
    with server.client() as client:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = client.post("/", content=body.encode(), headers=headers)
    assert (200, "alice") == (response.status_code, response.json()["subject"])
    assert body.encode().hex() == response.json()["body"]


def test_a_token_in_a_chunked_form(server: Server) -> None:
    """Section 2.2, of a client that does not know its length beforehand."""
    if server.name in KNOWS_NO_CHUNKS:
        pytest.skip("knows no chunked request bodies")
    with server.client() as client:
        pieces = iter([b"a=1&access_", b"token=" + quote(TOKEN, "").encode()])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = client.post("/", content=pieces, headers=headers)
    assert (200, "alice") == (response.status_code, response.json()["subject"])
    assert (b"a=1&access_token=" + quote(TOKEN, "").encode()).hex() == response.json()["body"]


def test_a_token_in_the_query_leaves_no_trace(server: Server) -> None:
    """Section 2.3, private; neither in what the application sees nor in the server's own access line."""
    with server.client() as client:
        response = client.get("/traceless", params={"a": "1", "access_token": TOKEN, "b": "2"})
    seen = response.json()
    assert (200, "alice", "a=1&b=2") == (response.status_code, seen["subject"], seen["query"])
    assert "private" == response.headers["cache-control"]
    assert "access_token" not in seen["target"]
    text = server.wait_for(lambda text: "/traceless" in text)
    if server.name in LOGS_THE_RAW_REQUEST_LINE:
        assert TOKEN[:12] in text
    else:
        assert "access_token" not in text
        assert TOKEN[:12] not in text


def test_a_refused_query_token_leaves_no_trace_either(server: Server) -> None:
    """Whatever was wrong with it."""
    with server.client() as client:
        response = client.get("/refused", params=[("access_token", TOKEN), ("access_token", "x")])
    assert 400 == response.status_code
    text = server.wait_for(lambda text: "/refused" in text)
    if server.name not in LOGS_THE_RAW_REQUEST_LINE:
        assert "access_token" not in text


@pytest.mark.parametrize(
    "second", [AUTHORIZATION, b"Authorization: Bearer x\r\n", b"authorization: Bearer\r\n"]
)
def test_two_authorization_lines_are_refused(server: Server, second: bytes) -> None:
    """Section 3.1, equal or not; however the server hands them on."""
    for fields in ((AUTHORIZATION, second), (second, AUTHORIZATION)):
        answer = server.raw(request(b"GET / HTTP/1.1", *fields))
        assert 400 == answer.status


def test_a_bearer_line_beside_another_schemes_line_is_refused(server: Server) -> None:
    """The field must not be repeated (RFC 9110 section 5.3)."""
    basic = b"Authorization: Basic eDp5\r\n"
    for fields in ((AUTHORIZATION, basic), (basic, AUTHORIZATION)):
        assert 400 == server.raw(request(b"GET / HTTP/1.1", *fields)).status


@pytest.mark.parametrize(
    "field",
    [
        f"Authorization: Bearer\r\n {TOKEN}\r\n".encode(),
        f"Authorization:\r\n Bearer {TOKEN}\r\n".encode(),
        f"Authorization: Bearer {TOKEN}\r\n x\r\n".encode(),
        f"Authorization: Basic\r\n\tBearer {TOKEN}\r\n".encode(),
        f"Authorization: Basic x\r\n , Bearer {TOKEN}\r\n".encode(),
    ],
)
def test_a_folded_field_never_holds_more_than_one_line_would(server: Server, field: bytes) -> None:
    """RFC 9112 section 5.2: rejected, or each fold is a space; then the grammar decides."""
    answer = server.raw(request(b"GET / HTTP/1.1", field, b"Connection: close\r\n"))
    is_one_token = field.split() == AUTHORIZATION.split()
    assert answer.status in ((200, 400, 401) if is_one_token else (400, 401))


@pytest.mark.parametrize(
    "field",
    [
        f"Authorization : Bearer {TOKEN}\r\n".encode(),
        f"Authorization_: Bearer {TOKEN}\r\n".encode(),
        f"X-Authorization: Bearer {TOKEN}\r\n".encode(),
        f"HTTP_AUTHORIZATION: Bearer {TOKEN}\r\n".encode(),
        f"Cookie: access_token={TOKEN}\r\n".encode(),
    ],
)
def test_no_other_field_carries_a_token(server: Server, field: bytes) -> None:
    """Not one that is spelled almost like it."""
    assert server.raw(request(b"GET / HTTP/1.1", field)).status in (400, 401)


def test_a_form_that_does_not_arrive_in_time_is_408(server: Server) -> None:
    """The server is not held longer than it said."""
    with server.connect() as connection:
        began = time.monotonic()
        connection.sendall(
            request(b"POST /slow HTTP/1.1", FORM, b"Content-Length: 100\r\n", body=b"access_token=")
        )

        answer = read_answer(connection)
    assert 408 == answer.status
    assert BODY_TIMEOUT_SECONDS <= time.monotonic() - began < 5


def test_beside_a_token_a_slow_form_passes(server: Server) -> None:
    """With every byte of it, once it is there."""

    with server.connect() as connection:
        connection.sendall(
            request(b"POST / HTTP/1.1", AUTHORIZATION, FORM, b"Content-Length: 10\r\n", body=b"a=123")
        )
        time.sleep(1.5 * BODY_TIMEOUT_SECONDS)
        connection.sendall(b"45678")
        answer = read_answer(connection)
    assert (200, b"a=12345678".hex()) == (answer.status, json.loads(answer.body)["body"])


def test_what_follows_a_408_is_never_taken_for_a_request_of_its_own(server: Server) -> None:
    """The late rest of a form is dropped or the connection closed: no smuggling."""

    smuggled = request(b"GET /smuggled HTTP/1.1", AUTHORIZATION)
    with server.connect() as connection:
        length = b"Content-Length: %d\r\n" % len(smuggled)
        connection.sendall(request(b"POST /late HTTP/1.1", FORM, length))
        assert 408 == read_answer(connection).status
        try:
            connection.sendall(smuggled)
            connection.settimeout(0.2)
            rest = connection.recv(4_096)
        except OSError:
            rest = b""
    assert b" 200 " not in rest
    assert "/smuggled" not in server.logged()


def test_an_endless_chunked_form_is_413(server: Server) -> None:
    """After a bounded number of bytes."""
    if server.name in KNOWS_NO_CHUNKS:
        pytest.skip("knows no chunked request bodies")

    with server.connect() as connection:
        connection.sendall(request(b"POST / HTTP/1.1", FORM, b"Transfer-Encoding: chunked\r\n"))
        chunk = b"400\r\n" + b"x" * 0x400 + b"\r\n"
        with suppress(OSError):  # one that has answered may close before all of it is sent
            for _ in range(64):
                connection.sendall(chunk)
        assert 413 == read_answer(connection).status


@pytest.mark.parametrize("body", [b"zz\r\nabc", b"-5\r\nabc"])
def test_a_malformed_chunk_is_400(server: Server, body: bytes) -> None:
    """RFC 9112 section 7.1: whether the server says so itself, or to whoever reads."""
    if server.name in KNOWS_NO_CHUNKS:
        pytest.skip("knows no chunked request bodies")
    answer = server.raw(request(b"POST / HTTP/1.1", FORM, b"Transfer-Encoding: chunked\r\n", body=body))
    assert (401 if server.name in HIDES_BAD_CHUNKS else 400) == answer.status


def test_a_form_that_announces_too_much_is_413(server: Server) -> None:
    """Without waiting for it."""
    answer = server.raw(request(b"POST / HTTP/1.1", FORM, b"Content-Length: 99999999\r\n"))
    assert 413 == answer.status


@pytest.mark.parametrize("content_type", ["application/octet-stream", "application/x-www-form-urlencoded"])
def test_beside_a_token_any_body_reaches_the_application_byte_for_byte(
    server: Server, content_type: str
) -> None:
    """Larger than what is read in search of a token, and not ASCII."""
    body = bytes(range(256)) * 400
    with server.client() as client:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content_type}
        response = client.post("/", content=body, headers=headers)
    found = hashlib.sha256(bytes.fromhex(response.json()["body"])).hexdigest()
    assert (200, hashlib.sha256(body).hexdigest()) == (response.status_code, found)


@pytest.mark.parametrize(
    ("field", "status"), [(AUTHORIZATION, 200), (b"", 401), (b"Authorization: Bearer x\r\n", 401)]
)
def test_the_answer_to_head_has_no_content(server: Server, field: bytes, status: int) -> None:
    """RFC 9110 section 9.3.2: and the connection goes on."""

    head = request(b"HEAD / HTTP/1.1", field, b"Connection: close\r\n")
    with server.connect() as connection:
        connection.sendall(head)
        answer = read_answer(connection, "HEAD")
        assert (status, b"") == (answer.status, answer.body)
        assert b"" == connection.recv(100)
    assert (status == 401) == bool(answer.all("www-authenticate"))


@pytest.mark.parametrize(("field", "status"), [(AUTHORIZATION, 200), (b"", 401)])
def test_http_1_0(server: Server, field: bytes, status: int) -> None:
    """An old client, or a proxy that speaks it."""
    answer = server.raw(b"GET / HTTP/1.0\r\n" + field + b"\r\n")
    assert status == answer.status


def test_a_refusal_over_the_wire(server: Server) -> None:
    """Status, challenge and body as they were written."""
    answer = server.raw(request(b"GET / HTTP/1.1", b"Authorization: Bearer x\r\n"))
    text = "The access token is expired, revoked, malformed or not valid here."
    expected = f'Bearer realm="api", error="invalid_token", error_description="{text}"'
    assert (401, [expected], ["no-store"]) == (
        answer.status,
        answer.all("www-authenticate"),
        answer.all("cache-control"),
    )
    assert {"error": "invalid_token", "error_description": text} == json.loads(answer.body)


def test_no_server_has_anything_to_complain_about(server: Server) -> None:
    """After all of the above: no traceback in any log but those of a server's own making."""
    failures = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", server.logged(), re.MULTILINE)
    known = OF_ITS_OWN.get(server.name, ())
    assert [] == [one for one in failures if not any(text in one for text in known)]
    assert known or "Traceback" not in server.logged()
