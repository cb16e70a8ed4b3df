"""Tokens as MusicBrainz documents that they are got: asked for, refreshed, revoked; and what they open."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from bearerguard.devserver import DevServer, Registered
from tests.services.musicbrainz.edges import BARE, Edge

REDIRECT_URI = "https://picard.example/callback"
BAD = "The access token is expired, revoked, malformed or not valid here."
BAD_TOKEN = f'{BARE}, error="invalid_token", error_description="{BAD}"'
USERINFO = '{"sub":"alice","profile":"https://musicbrainz.example/user/alice"'
EMAIL = ',"email":"alice@example.org","email_verified":true}'

Post = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def picard(dev: DevServer) -> Registered:
    return dev.register("Picard", redirect_uris=[REDIRECT_URI])


@pytest.fixture(scope="module")
def post(dev: DevServer, picard: Registered) -> Post:
    """Ask an endpoint of the authorization server, as Picard."""
    client = {"client_id": picard.client_id, "client_secret": picard.client_secret}
    context = ssl.create_default_context(cafile=dev.ca_file)

    def ask(endpoint: str, **parameters: str) -> dict[str, Any]:
        response = httpx.post(f"{dev.issuer}/oauth2/{endpoint}", data=client | parameters, verify=context)
        assert 200 == response.status_code, response.text
        return dict(response.json()) if response.content else {}

    return ask


def granted(dev: DevServer, picard: Registered, post: Post, **asked: str) -> Mapping[str, Any]:
    """Have alice agree, and change the code for tokens (RFC 6749 section 4.1)."""
    parameters = {"response_type": "code", "client_id": picard.client_id, "redirect_uri": REDIRECT_URI}
    url = f"{dev.issuer}/oauth2/authorize?{urlencode(parameters | asked)}"
    back = parse_qs(urlsplit(dev.approve(url, user="alice")).query)
    return post("token", grant_type="authorization_code", code=back["code"][0], redirect_uri=REDIRECT_URI)


def userinfo(edge: Edge, token: str) -> tuple[int, str]:
    answer = edge.send("GET", "/oauth2/userinfo", {"authorization": f"Bearer {token}"})
    assert answer.challenges == ((BAD_TOKEN,) if answer.status == 401 else ())
    return answer.status, answer.body


def test_a_code_becomes_a_token_that_opens_its_scopes(
    dev: DevServer, picard: Registered, post: Post, edge: Edge
) -> None:
    """With and without `email` (OpenID Connect Core 5.4)."""
    without = granted(dev, picard, post, scope="profile")
    assert (200, USERINFO + "}") == userinfo(edge, without["access_token"])
    assert "refresh_token" not in without
    whole = granted(dev, picard, post, scope="profile email")
    assert (200, USERINFO + EMAIL) == userinfo(edge, whole["access_token"])


def test_a_refreshed_token_opens_the_same(dev: DevServer, picard: Registered, post: Post, edge: Edge) -> None:
    """`access_type=offline` (RFC 6749 section 6)."""
    first = granted(dev, picard, post, scope="profile", access_type="offline", approval_prompt="force")
    second = post("token", grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert first["access_token"] != second["access_token"]
    assert (200, USERINFO + "}") == userinfo(edge, second["access_token"])


def test_a_revoked_grant_opens_nothing(dev: DevServer, picard: Registered, post: Post, edge: Edge) -> None:
    """A revoked refresh token takes its access tokens along (RFC 7009 section 2.1)."""
    token = granted(dev, picard, post, scope="profile", access_type="offline", approval_prompt="force")
    assert 200 == userinfo(edge, token["access_token"])[0]
    post("revoke", token=token["refresh_token"])
    expected = f'{{"error":"invalid_token","error_description":"{BAD}"}}'
    assert (401, expected) == userinfo(edge, token["access_token"])


def test_an_application_by_itself_is_no_user(post: Post, edge: Edge) -> None:
    """A token by client credentials (RFC 6749 section 4.4): 403, without a challenge."""
    token = post("token", grant_type="client_credentials", scope="profile")["access_token"]
    status, body = userinfo(edge, token)
    assert (403, '{"error":"users_only"') == (status, body[:21])
