"""All four flows of the service's table, each by the class of spotipy's that is made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler

from bearerguard.devserver import DevServer
from tests.services.spotify.serving import Edge

REDIRECT = "https://player.example.org/callback"
SCOPE = "user-read-private"
USER_NEEDED = "This belongs to a user: a token of the application alone cannot reach it."
Approve = Callable[[str], str]


class CodeFlow(spotipy.SpotifyOAuth):
    """The authorization code (RFC 6749 section 4.1)."""


class PkceFlow(spotipy.SpotifyPKCE):
    """The authorization code with a proof key (RFC 7636)."""


class ApplicationFlow(spotipy.SpotifyClientCredentials):
    """Client credentials (RFC 6749 section 4.4)."""


class ImplicitFlow(spotipy.SpotifyImplicitGrant):
    """The implicit grant (RFC 6749 section 4.2)."""


@pytest.fixture(autouse=True)
def pointed(accounts: DevServer, trusting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for flow in (CodeFlow, PkceFlow, ApplicationFlow, ImplicitFlow):
        monkeypatch.setattr(flow, "OAUTH_AUTHORIZE_URL", f"{accounts.issuer}/oauth2/authorize", raising=False)
        monkeypatch.setattr(flow, "OAUTH_TOKEN_URL", f"{accounts.issuer}/oauth2/token", raising=False)


@pytest.fixture
def approve(accounts: DevServer) -> Approve:
    """What alice does with an authorization URL in her browser; where it sends her back to."""
    return lambda url: accounts.approve(url, user="alice")


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@pytest.fixture
def ask(service: Edge, session: requests.Session) -> Callable[[Any], spotipy.Spotify]:
    """Give spotipy with an auth manager."""

    def give(manager: Any) -> spotipy.Spotify:
        client = spotipy.Spotify(auth_manager=manager, requests_session=session, retries=0, status_retries=0)
        client.prefix = f"{service.resource}/v1/"
        return client

    return give


def code_flow(accounts: DevServer, session: requests.Session, **settings: Any) -> CodeFlow:
    application = accounts.register("Player", redirect_uris=[REDIRECT])
    return CodeFlow(
        application.client_id,
        application.client_secret,
        REDIRECT,
        scope=SCOPE,
        requests_session=session,
        cache_handler=MemoryCacheHandler(),
        **settings,
    )


def test_the_authorization_code_reaches_a_user_and_is_refreshed(
    accounts: DevServer, approve: Approve, ask: Any, session: requests.Session
) -> None:
    """With a secret: user yes, secret yes, refresh yes (RFC 6749 sections 4.1 and 6)."""
    flow = code_flow(accounts, session, state="a state")
    state, code = flow.parse_auth_response_url(approve(flow.get_authorize_url()))
    assert state == "a state"
    first = flow.get_access_token(code, as_dict=False)
    assert ask(flow).me()["id"] == "alice"
    kept = flow.cache_handler.get_cached_token()
    assert flow.refresh_access_token(kept["refresh_token"])["access_token"] != first
    assert ask(flow).me()["id"] == "alice"


def test_the_authorization_code_with_a_proof_key_needs_no_secret(
    accounts: DevServer, approve: Approve, ask: Any, session: requests.Session
) -> None:
    """For an application that cannot keep one: user yes, secret no, refresh yes (RFC 7636)."""
    application = accounts.register("Telephone", redirect_uris=[REDIRECT], public=True)
    flow = PkceFlow(
        application.client_id,
        REDIRECT,
        scope=SCOPE,
        requests_session=session,
        cache_handler=MemoryCacheHandler(),
    )
    code = flow.parse_response_code(approve(flow.get_authorize_url()))
    first = flow.get_access_token(code)
    assert ask(flow).me()["id"] == "alice"
    kept = flow.cache_handler.get_cached_token()
    assert flow.refresh_access_token(kept["refresh_token"])["access_token"] != first
    assert ask(flow).me()["id"] == "alice"


def test_client_credentials_reach_no_user_and_are_not_refreshed(
    accounts: DevServer, ask: Any, session: requests.Session
) -> None:
    """For an application by itself: user no, secret yes, refresh no (RFC 6749 section 4.4.3)."""
    application = accounts.register("Chart", redirect_uris=[REDIRECT])
    flow = ApplicationFlow(
        application.client_id,
        application.client_secret,
        requests_session=session,
        cache_handler=MemoryCacheHandler(),
    )
    client = ask(flow)
    assert client.search("rag")["tracks"]["items"][0]["name"] == "Maple Leaf Rag"
    assert "refresh_token" not in flow.cache_handler.get_cached_token()
    with pytest.raises(spotipy.SpotifyException, match=USER_NEEDED) as refused:
        client.me()
    assert refused.value.http_status == 403


def test_the_implicit_grant_reaches_a_user_and_is_not_refreshed(
    accounts: DevServer, approve: Approve, ask: Any
) -> None:
    """Only with --allow-implicit: user yes, secret no, refresh no (RFC 6749 section 4.2.2)."""
    application = accounts.register("Web page", redirect_uris=[REDIRECT], public=True)
    flow = ImplicitFlow(
        application.client_id, REDIRECT, state="s", scope=SCOPE, cache_handler=MemoryCacheHandler()
    )
    location = approve(flow.get_authorize_url())
    assert "refresh_token" not in parse_qs(urlsplit(location).fragment)
    flow.get_access_token(response=location)
    assert ask(flow).me()["id"] == "alice"


def test_a_code_is_used_once(
    accounts: DevServer, approve: Approve, ask: Any, session: requests.Session, service: Edge
) -> None:
    """Its second use is refused, and takes back what the first gave (RFC 6749 section 4.1.2)."""
    flow = code_flow(accounts, session)
    code = flow.parse_response_code(approve(flow.get_authorize_url()))
    flow.get_access_token(code, as_dict=False)
    with pytest.raises(spotipy.SpotifyOauthError, match="invalid_grant"):
        flow.get_access_token(code, as_dict=False, check_cache=False)
    with pytest.raises(spotipy.SpotifyException, match="The access token is not valid, or no longer"):
        ask(flow).me()


def test_who_says_no_sends_the_application_away(accounts: DevServer, session: requests.Session) -> None:
    """spotipy gets the error of RFC 6749 section 4.1.2.1."""
    flow = code_flow(accounts, session)
    location = accounts.deny(flow.get_authorize_url(), user="alice")
    with pytest.raises(spotipy.SpotifyOauthError, match="access_denied"):
        flow.parse_response_code(location)
