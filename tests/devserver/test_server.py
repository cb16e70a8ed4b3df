"""`DevServer`: one object that starts an authorization server and stands in for the people in front of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import trustme

from bearerguard import ClientSecretBasic, ConfigurationError, FirstMatch, Issuer, StoredTokens
from bearerguard.clients.httpx import HttpxClient
from bearerguard.devserver import DevServer, NotAnswered, Registered, Settings
from bearerguard.devserver.registering import add_user
from bearerguard.stores import digest_of, issue
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.support import START, App, AsgiEdge, Clock, WsgiEdge, bearer, server

PASSWORD = "a password"
CALLBACK = "https://app.example.org/callback"
OOB = "urn:ietf:wg:oauth:2.0:oob"
CHALLENGE = "a" * 43
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - what is tested is that it is refused


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    dev = DevServer(tmp_path_factory.mktemp("devserver") / "dev.db")
    dev.add_user("alice", PASSWORD, email="alice@example.org")
    with dev:
        yield dev


@pytest.fixture
def faulty(dev: DevServer) -> Iterator[DevServer]:
    """The server, whose faults end with the test."""
    yield dev
    dev.faults.clear()


@pytest.fixture(scope="module")
def application(dev: DevServer) -> Registered:
    return dev.register("Picard", redirect_uris=[CALLBACK])


def client(dev: DevServer) -> httpx.Client:
    tls = ssl.create_default_context(cafile=dev.ca_file)
    return httpx.Client(base_url=dev.issuer, verify=tls, trust_env=False)


def authorization_url(dev: DevServer, client_id: str, **parameters: str) -> str:
    query = {"response_type": "code", "client_id": client_id, "scope": "tag", "state": "s", **parameters}
    return f"{dev.issuer}/oauth2/authorize?{urlencode(query)}"


def query_of(location: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(location).query)


def metadata_status(dev: DevServer) -> int:
    with client(dev) as http:
        return http.get("/.well-known/oauth-authorization-server").status_code


def test_it_answers_by_every_name_of_this_machine(dev: DevServer) -> None:
    """Clients take localhost for 127.0.0.1, for ::1, or for both in turn."""
    port = urlsplit(dev.issuer).port
    assert f"https://localhost:{port}" == dev.issuer
    hosts = ["localhost", "127.0.0.1", *(["[::1]"] if has_ipv6() else [])]
    with client(dev) as http:
        found = [http.get(f"https://{host}:{port}/.well-known/oauth-authorization-server") for host in hosts]
    assert [dev.issuer] * len(hosts) == [answer.json()["issuer"] for answer in found]


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_plain_http_is_refused_and_not_redirected(dev: DevServer) -> None:
    """RFC 6749 section 3.1.2.1: what was sent in clear has been read by then."""
    url = dev.issuer.replace("https:", "http:")
    for path in ("/oauth2/token", "/", "/nowhere"):
        answer = httpx.post(url + path, data={"grant_type": "client_credentials"}, trust_env=False)
        assert (400, {"error": "invalid_request", "error_description": "Use https."}) == (
            answer.status_code,
            answer.json(),
        )


def test_a_person_approves_and_the_application_gets_its_code(dev: DevServer, application: Registered) -> None:
    """RFC 6749 section 4.1: the code becomes a token, which a guard reads in the store."""
    location = dev.approve(authorization_url(dev, application.client_id), user="alice")
    assert location.startswith(f"{CALLBACK}?")
    assert ["s"] == query_of(location)["state"]
    [code] = query_of(location)["code"]
    with client(dev) as http:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        secret = (application.client_id, application.client_secret or "")
        token = http.post("/oauth2/token", data=form, auth=secret).json()["access_token"]
    guard = server(StoredTokens(SqliteTokenStore(dev.store._path, create=False)))
    app = App()
    assert 200 == WsgiEdge().answer(WsgiEdge().guard(app, guard), headers=bearer(token)).status
    record = dev.store.find(digest_of(token))
    assert record is not None
    assert ("alice", application.client_id, {"tag"}) == (record.subject, record.client_id, record.scopes)


def test_a_person_denies(dev: DevServer, application: Registered) -> None:
    """RFC 6749 section 4.1.2.1."""
    url = authorization_url(dev, application.client_id, approval_prompt="force")
    assert ["access_denied"] == query_of(dev.deny(url, user="alice"))["error"]


def test_an_error_that_goes_to_the_application_is_a_location_too(
    dev: DevServer, application: Registered
) -> None:
    url = authorization_url(dev, application.client_id, scope="nonsense")
    assert ["invalid_scope"] == query_of(dev.approve(url, user="alice"))["error"]


def test_out_of_band_gives_the_code_itself(dev: DevServer) -> None:
    """What the person would copy from the page."""
    installed = dev.register("Tagger", installed=True)
    assert installed.client_secret is None
    url = authorization_url(dev, installed.client_id, redirect_uri=OOB, code_challenge=CHALLENGE)
    code = dev.approve(url, user="alice")
    with client(dev) as http:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": OOB}
        answer = http.post(
            "/oauth2/token", data={**form, "client_id": installed.client_id, "code_verifier": CHALLENGE}
        )
    assert 200 == answer.status_code
    with pytest.raises(NotAnswered, match="answered 200 with a page: ") as stopped:
        dev.deny(url, user="alice")
    assert 200 == stopped.value.status


def test_a_page_in_place_of_an_answer_is_an_error(dev: DevServer) -> None:
    """An unknown application is never sent anywhere (RFC 6749 section 4.1.2.1)."""
    with pytest.raises(NotAnswered, match="answered 400 with a page: ") as stopped:
        dev.approve(authorization_url(dev, "unknown"), user="alice")
    assert 400 == stopped.value.status


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"user": "bob"}, "there is no user of this name: add one with add_user()"),
        ({"user": "carol"}, "the password of this user is not known here: give it with password="),
        ({"user": "alice", "password": "wrong one"}, "the server does not know this user with this password"),
    ],
)
def test_who_cannot_log_in_is_named(
    dev: DevServer, application: Registered, arguments: dict[str, str], sentence: str
) -> None:
    if dev.parts.users.find("carol") is None:
        add_user(dev.parts, "carol", PASSWORD)  # by the command, say
    with pytest.raises(ConfigurationError) as raised:
        dev.approve(authorization_url(dev, application.client_id), **arguments)
    assert sentence == str(raised.value)


def test_a_url_of_another_server_is_not_opened(dev: DevServer) -> None:
    """The password goes nowhere else."""
    with pytest.raises(ConfigurationError, match="no authorization URL of this server"):
        dev.approve(f"{dev.issuer}.example.org/oauth2/authorize", user="alice")


@pytest.mark.parametrize("edge", [AsgiEdge(), WsgiEdge()], ids=["asgi", "wsgi"])
def test_a_guard_can_ask_it_as_any_authorization_server(dev: DevServer, edge: Any) -> None:
    """RFC 8414 and RFC 7662, over real TLS; without a token in common there is nothing to share."""
    api = dev.register("api")
    http = HttpxClient(ca_file=dev.ca_file)
    issuer = Issuer(dev.issuer, http=http)
    verifier = issuer.introspection(client=ClientSecretBasic(api.client_id, api.client_secret or ""))
    guarded = edge.guard(App(), server(verifier))
    token = dev.token(subject="alice", client_id=api.client_id, scopes=["tag"])
    answers = [edge.answer(guarded, headers=bearer(one)) for one in (token, "bg_unknown")]
    assert [200, 401] == [answer.status for answer in answers]


def test_a_token_without_a_flow(dev: DevServer, application: Registered) -> None:
    """Of a user, of an application, of both; scopes are those that the server has."""
    token = dev.token(client_id=application.client_id, scopes=["tag", "rating"], lifetime_seconds=60)
    record = dev.store.find(digest_of(token))
    assert record is not None
    assert (None, application.client_id, {"tag", "rating"}, 60.0) == (
        record.subject,
        record.client_id,
        record.scopes,
        round((record.expires_at or 0) - record.issued_at, 3),
    )
    with pytest.raises(ConfigurationError, match="scopes= names a scope that this server does not have"):
        dev.token(subject="alice", scopes=["nonsense"])


def test_it_can_be_unavailable(faulty: DevServer) -> None:
    """What a guard then answers is 503, never 401."""
    faulty.faults.unavailable = True
    with client(faulty) as http:
        answer = http.post("/oauth2/introspect", data={"token": "x"})
        page = http.get("/")
    assert (503, "1", 200) == (answer.status_code, answer.headers["retry-after"], page.status_code)
    with pytest.raises(
        NotAnswered, match=r"answered 503 with an error: Switched off on purpose\."
    ) as stopped:
        faulty.approve(authorization_url(faulty, "any"), user="alice")
    assert 503 == stopped.value.status
    faulty.faults.clear()
    assert 200 == metadata_status(faulty)


def test_it_can_be_slow(faulty: DevServer) -> None:
    faulty.faults.delay_seconds = 0.2
    with client(faulty) as http, pytest.raises(httpx.ReadTimeout):
        http.get("/.well-known/oauth-authorization-server", timeout=0.05)


def test_its_clock_can_be_wrong(faulty: DevServer) -> None:
    """A token of a server whose clock is behind has expired when it comes."""
    faulty.faults.clock_skew_seconds = -3_601.0
    assert [401] == guarded(faulty, faulty.token(subject="alice"))


def test_its_tokens_can_be_revoked_at_once(faulty: DevServer) -> None:
    faulty.faults.revoke_at_once = True
    tokens = [faulty.token(subject="alice")]
    faulty.faults.revoke_at_once = False
    assert [401, 200] == guarded(faulty, *tokens, faulty.token(subject="alice"))


def guarded(dev: DevServer, *tokens: str) -> list[int]:
    app = WsgiEdge().guard(App(), server(FirstMatch([StoredTokens(dev.store)]), now=dev.parts.clock))
    return [WsgiEdge().answer(app, headers=bearer(token)).status for token in tokens]


def test_nothing_secret_is_in_a_repr(dev: DevServer, application: Registered) -> None:
    secrets = [PASSWORD, application.client_secret or "", dev.token(subject="alice")]
    text = repr([dev, application, dev.parts.users.find("alice"), dev.parts])
    assert [] == [secret for secret in secrets if secret in text]


def test_it_starts_again_with_all_that_it_knew(tmp_path: Path) -> None:
    """The file is the server; who logs in again is still known, and tokens still count."""
    dev = DevServer(tmp_path / "dev.db")
    with pytest.raises(ConfigurationError, match="no address yet: start it first"):
        dev.issuer  # noqa: B018 - it raises
    dev.stop()
    application = dev.register("Picard", redirect_uris=[CALLBACK])
    dev.add_user("alice", PASSWORD)
    for one in (dev, DevServer(tmp_path / "dev.db", create=False)):
        with one:
            with pytest.raises(ConfigurationError, match="runs already: stop it first"):
                one.start()
            url = authorization_url(one, application.client_id)
            assert CALLBACK == one.approve(url, user="alice", password=PASSWORD).partition("?")[0]
        one.stop()


def test_its_clock_is_given(tmp_path: Path) -> None:
    dev = DevServer(tmp_path / "dev.db", now=Clock(), settings=Settings(access_token_seconds=60))
    record = dev.store.find(digest_of(dev.token(subject="alice")))
    assert record is not None
    assert (START, START + 60) == (record.issued_at, record.expires_at)


def test_an_address_of_ipv6_is_in_brackets(tmp_path: Path) -> None:
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with DevServer(tmp_path / "dev.db", host="::1") as dev:
        assert dev.issuer.startswith("https://[::1]:")
        assert 200 == metadata_status(dev)


def test_a_certificate_of_one_s_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    certificate.write_bytes(leaf.cert_chain_pems[0].bytes() + authority.cert_pem.bytes())
    key.write_bytes(leaf.private_key_pem.bytes())
    with DevServer(tmp_path / "dev.db", certificate=certificate, key=key) as dev:
        assert (certificate, 200) == (dev.ca_file, metadata_status(dev))
    assert not (tmp_path / "dev.db.tls.pem").exists()
    with pytest.raises(
        ConfigurationError, match=r"own\.pem is not for 127\.0\.0\.2, so clients would refuse"
    ):
        DevServer(tmp_path / "dev.db", host="127.0.0.2", certificate=certificate, key=key)
    every = {"host": EVERY_ADDRESS, "listen_beyond_loopback": True}
    assert certificate == DevServer(tmp_path / "dev.db", certificate=certificate, key=key, **every).ca_file


def test_a_store_of_real_tokens_is_refused(tmp_path: Path) -> None:
    """Whoever can log in to a development server must not come near them."""
    SqliteTokenStore(tmp_path / "tokens.db").add(issue(subject="alice")[1])
    with pytest.raises(ConfigurationError, match="is a token store that no development server has made"):
        DevServer(tmp_path / "tokens.db")


@pytest.mark.parametrize("host", [EVERY_ADDRESS, "::", "192.0.2.1"])
def test_others_are_let_in_only_by_an_explicit_word(tmp_path: Path, host: str) -> None:
    """Everybody in the network could log in as anybody."""
    with pytest.raises(ConfigurationError, match=f"listens on this machine only, and others reach {host}: "):
        DevServer(tmp_path / "dev.db", host=host)
    assert [] == list(tmp_path.iterdir())


def test_beyond_loopback_it_still_has_a_name(tmp_path: Path) -> None:
    """An address that stands for all addresses is none that a client could ask."""
    with DevServer(tmp_path / "dev.db", host=EVERY_ADDRESS, listen_beyond_loopback=True) as dev:
        assert dev.issuer.startswith("https://localhost:")
        assert 200 == metadata_status(dev)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"port": -1}, "port must be a number from 0, which takes any free one, to 65,535"),
        ({"port": True}, "port must be a number from 0, which takes any free one, to 65,535"),
        ({"host": "-"}, "host must be a name or an address of this machine, such as localhost"),
        ({"host": "fe80::1%lo"}, "host must be a name or an address of this machine, such as localhost"),
        ({"host": "a.invalid"}, "the host a.invalid has no address: use localhost"),
        ({"key": "key.pem"}, "key= is the key of a certificate: give certificate= too"),
    ],
)
def test_a_setting_that_cannot_be_is_a_sentence(
    tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        DevServer(tmp_path / "dev.db", **settings)
    assert sentence == str(raised.value)


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    """It leaves nothing behind that would be in the way of the next start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        dev = DevServer(tmp_path / "dev.db", port=port)
        with pytest.raises(ConfigurationError) as raised:
            dev.start()
    assert f"port {port} of localhost is in use: stop what uses it, or choose another port" == str(
        raised.value
    )
    with dev:
        assert f"https://localhost:{port}" == dev.issuer


def test_an_address_of_another_machine_is_a_sentence(tmp_path: Path) -> None:
    dev = DevServer(tmp_path / "dev.db", host="192.0.2.1", listen_beyond_loopback=True)
    with pytest.raises(
        ConfigurationError, match=r"nothing can listen on port 0 of 192\.0\.2\.1: use localhost"
    ):
        dev.start()
