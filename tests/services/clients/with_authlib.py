"""Authlib on requests and on httpx: a grant from its code to its end, and client credentials."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bearerguard.devserver import Registered
from tests.services.clients.rows import REDIRECT_URI, Act, Reply, Request, Scene, Send, Story
from tests.services.clients.with_requests_oauthlib import sender

VERIFIER = "a-verifier-of-forty-three-characters-or-more-1"
NAME = "Authlib"
Opened = tuple[Any, Callable[[Any], Any], Send]  # a session, how to wait for what it does, how to send by it


def by_code(*, on_httpx: bool = False) -> Story:
    """Code, refresh, introspection and revocation (RFC 6749, 7636, 7662 and 7009)."""

    def story(scene: Scene) -> Iterator[Act]:
        with _opened(scene, scene.register(NAME), on_httpx) as (session, wait, send):
            url, _ = session.create_authorization_url(
                scene.authorize_url, code_verifier=VERIFIER, access_type="offline"
            )
            location = scene.approve(url)
            wait(
                session.fetch_token(scene.token_url, authorization_response=location, code_verifier=VERIFIER)
            )
            yield scene.as_user(send)
            wait(session.refresh_token(scene.token_url))
            yield scene.as_user(send, "refreshed")
            # A guard that has seen a token goes on taking it for some seconds; this one nobody has seen.
            token = wait(session.refresh_token(scene.token_url))
            introspect, revoke = (f"{scene.dev.issuer}/oauth2/{name}" for name in ("introspect", "revoke"))
            found = wait(session.introspect_token(introspect, token=token["access_token"])).json()
            assert (True, scene.service.scope) == (found["active"], found["scope"])
            wait(session.revoke_token(revoke, token=token["refresh_token"]))
            assert {"active": False} == wait(
                session.introspect_token(introspect, token=token["access_token"])
            ).json()
            yield scene.as_user(send, "revoked")

    return story


def by_client_credentials(*, on_httpx: bool = False) -> Story:
    """RFC 6749 section 4.4."""

    def story(scene: Scene) -> Iterator[Act]:
        with _opened(scene, scene.register(NAME), on_httpx) as (session, wait, send):
            wait(session.fetch_token(scene.token_url, grant_type="client_credentials"))
            yield scene.as_application(send)

    return story


@contextmanager
def _opened(scene: Scene, application: Registered, on_httpx: bool) -> Iterator[Opened]:
    settings = {
        "client_id": application.client_id,
        "client_secret": application.client_secret,
        "scope": scene.service.scope,
        "redirect_uri": REDIRECT_URI,
        "code_challenge_method": "S256",
    }
    with _on_httpx(scene, settings) if on_httpx else _on_requests(settings) as opened:
        yield opened


@contextmanager
def _on_requests(settings: dict[str, Any]) -> Iterator[Opened]:
    from authlib.integrations.requests_client import OAuth2Session

    with OAuth2Session(**settings) as session:
        yield session, lambda done: done, sender(session)


@contextmanager
def _on_httpx(scene: Scene, settings: dict[str, Any]) -> Iterator[Opened]:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    with asyncio.Runner() as runner:
        client = AsyncOAuth2Client(**settings, verify=ssl.create_default_context(cafile=scene.trusted))

        def send(request: Request, address: str) -> Reply:
            response = runner.run(client.request(request.method, address + request.path, json=request.json))
            return Reply(response.status_code, response.text)

        try:
            yield client, runner.run, send
        finally:
            runner.run(client.aclose())
