"""An application registers, gets a token for itself and changes its own account (RFC 6749 section 4.4)."""

from __future__ import annotations

import ssl
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from bearerguard.devserver import DevServer, Registered
from tests.services.accounts.edges import Edge
from tests.support import HTTPS_NEEDED, bad_request

OPENED = {"display_name": "Parcel robot"}
CHANGE = {"webhook_url": "https://robot.example.org/hook"}


def use(session: OAuth2Session | AuthlibSession, edge: Edge, robot: Registered) -> None:
    """Open an account, change it and read it, as that of the application."""
    url, trust = f"{edge.url}/v1/account", str(edge.ca_file)
    assert 404 == session.get(url, verify=trust).status_code
    assert 201 == session.post(url, json=OPENED, verify=trust).status_code
    assert 200 == session.patch(url, json=CHANGE, verify=trust).status_code
    account = session.get(url, verify=trust).json()
    assert {"kind": "application", "name": robot.client_id} == account["holder"]
    assert OPENED.items() | CHANGE.items() <= {key: account[key] for key in OPENED | CHANGE}.items()


def test_requests_oauthlib(dev: DevServer, robot: Registered, edge: Edge) -> None:
    """The client credentials grant, and every request with the token that it gives."""
    client = BackendApplicationClient(robot.client_id, scope=["account:write"])
    with OAuth2Session(client=client) as session:
        given = session.fetch_token(
            f"{dev.issuer}/oauth2/token",
            auth=(robot.client_id, robot.client_secret),
            verify=str(dev.ca_file),
        )
        assert ("refresh_token" in given, ["account:write"]) == (False, given["scope"])
        use(session, edge, robot)


def test_authlib(dev: DevServer, robot: Registered, edge: Edge) -> None:
    """The same with another client, its secret in the form."""
    with AuthlibSession(
        robot.client_id,
        robot.client_secret,
        scope="account:write",
        token_endpoint_auth_method="client_secret_post",
    ) as session:
        session.fetch_token(
            f"{dev.issuer}/oauth2/token", grant_type="client_credentials", verify=str(dev.ca_file)
        )
        use(session, edge, robot)


def test_what_a_user_grants_the_same_application_is_the_users(
    dev: DevServer, robot: Registered, edge: Edge
) -> None:
    """Two tokens of one application: its own, and that of somebody who has agreed (RFC 6749 section 4.1)."""
    own = _token(dev, robot, grant_type="client_credentials", scope="account:write")
    assert 201 == edge.send("POST /v1/account", own, OPENED).status
    location = dev.approve(
        f"{dev.issuer}/oauth2/authorize?response_type=code&client_id={robot.client_id}"
        "&scope=account:write&redirect_uri=https://robot.example.org/callback&state=x",
        user="alice",
    )
    code = parse_qs(urlsplit(location).query)["code"][0]
    alices = _token(
        dev,
        robot,
        grant_type="authorization_code",
        code=code,
        redirect_uri="https://robot.example.org/callback",
    )
    assert 404 == edge.send("GET /v1/account", alices).status
    assert 201 == edge.send("POST /v1/account", alices, {"display_name": "Alice"}).status
    assert {"kind": "user", "name": "alice"} == edge.send("GET /v1/account", alices).content["holder"]
    assert "Parcel robot" == edge.send("GET /v1/account", own).content["display_name"]
    assert 204 == edge.send("DELETE /v1/account", alices).status
    assert 200 == edge.send("GET /v1/account", own).status


def test_a_revoked_token_opens_nothing(dev: DevServer, robot: Registered, edge: Edge) -> None:
    """RFC 7009: at once here, where the authorization server and the service share the store object."""
    own = _token(dev, robot, grant_type="client_credentials", scope="account:write")
    assert 404 == edge.send("GET /v1/account", own).status
    assert 200 == _post(dev, robot, "revoke", token=own).status_code
    assert 401 == edge.send("GET /v1/account", own).status


def test_a_token_over_plain_http_is_not_looked_up(dev: DevServer, robot: Registered, edge: Edge) -> None:
    """RFC 6750 section 5.3: the client hears what to do, whether the token was good or not."""
    for own in (dev.token(client_id=robot.client_id, scopes=["account:write"]), "bg_unknown"):
        answer = httpx.get(
            f"http://localhost:{edge.plain_port}/v1/account", headers={"Authorization": f"Bearer {own}"}
        )
        assert (400, "invalid_request") == (answer.status_code, answer.json()["error"])
        assert bad_request(HTTPS_NEEDED).replace("api", "accounts", 1) == answer.headers["www-authenticate"]


def _post(dev: DevServer, robot: Registered, endpoint: str, **form: str) -> httpx.Response:
    secret = robot.client_secret or ""
    with httpx.Client(verify=ssl.create_default_context(cafile=dev.ca_file)) as client:
        return client.post(f"{dev.issuer}/oauth2/{endpoint}", data=form, auth=(robot.client_id, secret))


def _token(dev: DevServer, robot: Registered, **form: str) -> str:
    return str(_post(dev, robot, "token", **form).json()["access_token"])
