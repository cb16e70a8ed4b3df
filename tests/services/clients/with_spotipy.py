"""spotipy, with its base URL set: each flow by the class that it has for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.services.clients.rows import REDIRECT_URI, Act, Reply, Scene

ARTIST = "artist0000000000000002"
Calls = tuple[Callable[[Any], Any], ...]
ME: Calls = (lambda client: client.me(),)
ARTIST_AND_ME: Calls = (lambda client: client.artist(ARTIST), *ME)


def by_code(scene: Scene) -> Iterator[Act]:
    """With a secret (RFC 6749 section 4.1)."""
    import spotipy

    application = scene.register("Player")
    who = (application.client_id, application.client_secret)
    with _flow(scene, spotipy.SpotifyOAuth, *who, REDIRECT_URI) as flow:
        code = flow.parse_response_code(scene.approve(_offline(flow)))
        flow.get_access_token(code, as_dict=False)
        yield _act(flow, ME)
        flow.refresh_access_token(flow.cache_handler.get_cached_token()["refresh_token"])
        yield _act(flow, ME, "refreshed")


def by_code_with_pkce(scene: Scene) -> Iterator[Act]:
    """Without a secret (RFC 7636)."""
    import spotipy

    application = scene.register("Telephone", public=True)
    with _flow(scene, spotipy.SpotifyPKCE, application.client_id, REDIRECT_URI) as flow:
        flow.get_access_token(flow.parse_response_code(scene.approve(_offline(flow))))
        yield _act(flow, ME)
        flow.refresh_access_token(flow.cache_handler.get_cached_token()["refresh_token"])
        yield _act(flow, ME, "refreshed")


def by_client_credentials(scene: Scene) -> Iterator[Act]:
    """RFC 6749 section 4.4."""
    import spotipy

    application = scene.register("Chart")
    who = (application.client_id, application.client_secret)
    with _flow(scene, spotipy.SpotifyClientCredentials, *who, scope=None) as flow:
        yield _act(flow, ARTIST_AND_ME)


def by_implicit_grant(scene: Scene) -> Iterator[Act]:
    """RFC 6749 section 4.2."""
    import spotipy

    application = scene.register("Web page", public=True)
    who = (application.client_id, REDIRECT_URI)
    with _flow(scene, spotipy.SpotifyImplicitGrant, *who, requests_session=None) as flow:
        flow.get_access_token(response=scene.approve(flow.get_authorize_url()))
        yield _act(flow, ME)


@contextmanager
def _flow(scene: Scene, kind: Any, *who: str | None, **instead: Any) -> Iterator[Any]:
    """Make a flow of spotipy's whose addresses are those of our server; None in `instead` leaves one out."""
    import requests
    from spotipy.cache_handler import MemoryCacheHandler

    with requests.Session() as session:
        settings = {"scope": scene.service.scope, "requests_session": session, **instead}
        given = {name: value for name, value in settings.items() if value is not None}
        flow = kind(*who, cache_handler=MemoryCacheHandler(), **given)
        flow.OAUTH_AUTHORIZE_URL, flow.OAUTH_TOKEN_URL = scene.authorize_url, scene.token_url
        yield flow


def _offline(flow: Any) -> str:
    return f"{flow.get_authorize_url()}&access_type=offline"


def _act(flow: Any, calls: Calls, label: str = "") -> Act:
    return Act(tuple(lambda address, call=call: _ask(flow, call, address) for call in calls), label)  # type: ignore[misc]


def _ask(flow: Any, call: Callable[[Any], Any], address: str) -> Reply:
    """Say in a reply's form what spotipy makes of one: it gives the content, or raises."""
    import requests
    import spotipy

    with requests.Session() as session:
        client = spotipy.Spotify(auth_manager=flow, requests_session=session, retries=0, status_retries=0)
        client.prefix = f"{address}/v1/"
        try:
            return Reply(200, json.dumps(call(client)))
        except spotipy.SpotifyException as refused:
            said = {"error": {"message": refused.msg.partition("\n ")[2]}}
            return Reply(refused.http_status, json.dumps(said))
