"""requests-oauthlib: the code grant with a proof key, and client credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.services.clients.rows import REDIRECT_URI, Act, Reply, Request, Scene, Send

TIMEOUT_SECONDS = 10


def by_code(scene: Scene) -> Iterator[Act]:
    """A code with its proof key becomes a token, and that another one (RFC 6749 sections 4.1 and 6)."""
    from requests_oauthlib import OAuth2Session

    application = scene.register("requests-oauthlib")
    secret = {"client_secret": application.client_secret}
    with OAuth2Session(
        application.client_id, redirect_uri=REDIRECT_URI, scope=[scene.service.scope], pkce="S256"
    ) as session:
        url, _ = session.authorization_url(scene.authorize_url, access_type="offline")
        location = scene.approve(url)
        first = session.fetch_token(scene.token_url, authorization_response=location, **secret)
        yield scene.as_user(sender(session))
        second = session.refresh_token(scene.token_url, client_id=application.client_id, **secret)
        assert first["access_token"] != second["access_token"]
        yield scene.as_user(sender(session), "refreshed")


def by_client_credentials(scene: Scene) -> Iterator[Act]:
    """RFC 6749 section 4.4."""
    from oauthlib.oauth2 import BackendApplicationClient
    from requests_oauthlib import OAuth2Session

    application = scene.register("requests-oauthlib")
    client = BackendApplicationClient(application.client_id, scope=[scene.service.scope])
    with OAuth2Session(client=client) as session:
        who = (application.client_id, application.client_secret)
        session.fetch_token(scene.token_url, auth=who)
        yield scene.as_application(sender(session))


def sender(session: Any) -> Send:
    """Send requests by a session of requests."""

    def send(request: Request, address: str) -> Reply:
        url = address + request.path
        response = session.request(request.method, url, json=request.json, timeout=TIMEOUT_SECONDS)
        return Reply(response.status_code, response.text)

    return send
