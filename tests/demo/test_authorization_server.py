"""The demo's authorization server: what it says of tokens and of itself, and that it can really be gone."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("rich")
pytest.importorskip("trustme")

from bearerguard import ClientSecretBasic
from bearerguard.demo.authorization_server import MAX_FORM_BYTES, IntrospectionServer
from bearerguard.demo.authorizing import AuthorizationServer, authorization_server
from bearerguard.demo.servers import HOST
from bearerguard.demo.stage import certificates
from tests.demo.running import TIMEOUT_SECONDS

GOOD, EXPIRED = "as_good", "as_expired"
CLAIMS = {"sub": "grace", "scope": "profile", "exp": 4_102_444_800}
TOKENS = {GOOD: CLAIMS, EXPIRED: {**CLAIMS, "exp": 1}}
INVALID_REQUEST = {"error": "invalid_request"}
KEYS = {"keys": [{"kty": "EC", "kid": "1"}]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AuthorizationServer]:
    _, _, certificate = certificates(tmp_path)
    with authorization_server(TOKENS, certificate, tmp_path / "log") as it:
        yield it


@pytest.fixture
def http(tmp_path: Path, server: AuthorizationServer) -> Iterator[httpx.Client]:
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    credentials = (server.client.client_id, server.client.client_secret)
    with httpx.Client(verify=trusted, trust_env=False, timeout=TIMEOUT_SECONDS, auth=credentials) as client:
        yield client


def said(response: httpx.Response) -> tuple[int, object]:
    return response.status_code, response.json()


def test_a_token_that_it_knows_is_active(server: AuthorizationServer, http: httpx.Client) -> None:
    """RFC 7662 section 2.2: with all that is known of it, as JSON that nobody may keep."""
    response = http.post(server.endpoint, data={"token": GOOD, "token_type_hint": "access_token"})
    assert (200, {"active": True, "iss": server.issuer, **CLAIMS}) == said(response)
    assert ("application/json", "no-store") == (
        response.headers["content-type"],
        response.headers["cache-control"],
    )


@pytest.mark.parametrize("token", ["as_unknown", EXPIRED])
def test_of_any_other_token_it_says_nothing_else(
    server: AuthorizationServer, http: httpx.Client, token: str
) -> None:
    """RFC 7662 section 2.2: not whether it ever was one."""
    assert (200, {"active": False}) == said(http.post(server.endpoint, data={"token": token}))


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !", "Basic bm9ib2R5Og==", "right secret, wrong name", "right name, wrong secret"],
)
def test_nobody_but_its_client_may_ask(
    server: AuthorizationServer, http: httpx.Client, authorization: str
) -> None:
    """RFC 7662 section 2.1: else tokens could be tried out there."""
    fields: dict[str, str] = {"Authorization": authorization}
    if authorization.startswith("right secret"):
        ClientSecretBasic("somebody", server.client.client_secret).authenticate(fields, {})
    elif authorization.startswith("right name"):
        ClientSecretBasic(server.client.client_id, "guessed").authenticate(fields, {})
    response = http.post(server.endpoint, data={"token": GOOD}, headers=fields, auth=lambda request: request)
    assert (401, {"error": "invalid_client"}) == said(response)
    assert 'Basic realm="demo"' == response.headers["www-authenticate"]


def test_both_parts_of_the_credentials_are_form_encoded(tmp_path: Path) -> None:
    """RFC 6749 section 2.3.1: a colon in a name is then no end of it; and only Basic carries them."""
    _, _, certificate = certificates(tmp_path)
    client, fields = ClientSecretBasic("the api:1", "s+cr%t&"), dict[str, str]()
    client.authenticate(fields, {})
    settings = {"host": HOST, "port": 0, "certificate": str(certificate), "tokens": {}, "keys": {}}
    with IntrospectionServer(
        {**settings, "client_id": client.client_id, "client_secret": client.client_secret}
    ) as it:
        assert [True, False] == [
            it.is_client(value)
            for value in (fields["Authorization"], fields["Authorization"].replace("Basic", "Bearer"))
        ]


@pytest.mark.parametrize("content", ["", "token_type_hint=access_token", "token=a&token=b"])
def test_a_question_names_one_token(server: AuthorizationServer, http: httpx.Client, content: str) -> None:
    """RFC 6749 section 3.2: parameters must not be repeated."""
    assert (400, INVALID_REQUEST) == said(http.post(server.endpoint, content=content))


def test_a_question_has_a_bound(server: AuthorizationServer, http: httpx.Client) -> None:
    """One that is longer, or does not say how long it is, is not even read."""
    longest = f"token={GOOD}&padding="
    longest += "x" * (MAX_FORM_BYTES - len(longest))
    statuses = [
        http.post(server.endpoint, content=content).status_code
        for content in (longest, longest + "x", iter([b"token=a"]))
    ]
    assert [200, 400, 400] == statuses


def test_there_is_nothing_else_to_ask(server: AuthorizationServer, http: httpx.Client) -> None:
    """No other path, and no other method: a GET would have the token in its log."""
    other = server.endpoint.replace("/introspect", "/token")
    assert [404, 404, 501] == [
        http.post(other, data={"token": GOOD}).status_code,
        http.get(server.endpoint, params={"token": GOOD}).status_code,
        http.put(server.endpoint).status_code,
    ]


def test_it_says_where_everything_is(server: AuthorizationServer, http: httpx.Client) -> None:
    """RFC 8414 section 3: under its own name, which is all that the guards are told."""
    found = {
        "issuer": server.issuer,
        "jwks_uri": f"{server.issuer}/jwks.json",
        "introspection_endpoint": server.endpoint,
    }
    assert (200, found) == said(http.get(f"{server.issuer}/.well-known/oauth-authorization-server"))


def test_it_publishes_the_keys_that_it_was_told_last(server: AuthorizationServer, http: httpx.Client) -> None:
    """And no others, from the moment on at which `publish` comes back."""
    seen = [http.get(f"{server.issuer}/jwks.json").json()]
    for keys in (KEYS, {"keys": []}):
        server.publish(keys)
        seen.append(http.get(f"{server.issuer}/jwks.json").json())
    assert [{"keys": []}, KEYS, {"keys": []}] == seen


def test_a_killed_server_is_gone_until_it_is_started_again(
    server: AuthorizationServer, http: httpx.Client
) -> None:
    """Connections are refused meanwhile; then it is at the same place, knows the same, and counts on."""
    endpoint, form = server.endpoint, {"token": GOOD}
    http.post(endpoint, data=form)
    server.publish(KEYS)
    server.kill()
    with pytest.raises(httpx.ConnectError):
        http.post(endpoint, data=form)
    server.start()
    assert (200, {"active": True, "iss": server.issuer, **CLAIMS}) == said(http.post(endpoint, data=form))
    assert (200, KEYS) == said(http.get(f"{server.issuer}/jwks.json"))
    assert (endpoint, 2) == (server.endpoint, server.questions())


def test_a_server_that_was_killed_can_still_be_stopped(server: AuthorizationServer) -> None:
    """As when a demo is interrupted in the middle of the outage."""
    server.kill()
    server.stop()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    """With what it wrote last; and nothing of its own is left open."""
    with pytest.raises(
        RuntimeError, match=r"(?s)the authorization server did not start: .*FileNotFoundError"
    ):
        AuthorizationServer({}, tmp_path / "missing.pem", tmp_path / "log")


STARTER = """
import json, sys
from pathlib import Path
from bearerguard.demo.authorizing import AuthorizationServer

server = AuthorizationServer({}, *map(Path, sys.argv[1:]))
print(json.dumps(server.endpoint), flush=True)
sys.stdin.read()
"""


def test_a_server_whose_starter_is_killed_ends_too(tmp_path: Path) -> None:
    """A process that nobody can stop any more would be left behind."""
    _, _, certificate = certificates(tmp_path)
    command = [sys.executable, "-c", STARTER, str(certificate), str(tmp_path / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        port = httpx.URL(json.loads(starter.stdout.readline())).port
        assert port is not None
        with socket.create_connection((HOST, port), timeout=TIMEOUT_SECONDS) as connection:
            starter.kill()
            assert b"" == connection.recv(1)  # a server that goes on waits for the handshake instead
