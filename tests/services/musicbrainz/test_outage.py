"""A store that is down: nobody can tell whether a token is good, and Digest needs no store."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from musicbrainz.on_flask import build_wsgi
from musicbrainz.on_starlette import build_asgi

from tests.services.musicbrainz.edges import EDITORS, JSON, NAMES, PASSWORD, RESOURCE, XML, problem
from tests.support import BrokenStore, stored

LATER = "The access token cannot be checked at the moment. Try again later."


def ask(edge: str, target: str, *, digest: bool = False) -> httpx.Response:
    """Ask a service whose store is down, with a token or with Digest."""
    store = BrokenStore()
    good = stored(store, scopes=("profile", "collection"))
    store.is_down = True
    headers = {"authorization": f"Bearer {good}"} if not digest else {}
    auth = httpx.DigestAuth("alice", PASSWORD) if digest else None
    if edge == "wsgi":
        app = build_wsgi(store, resource=RESOURCE, editors=EDITORS)
        with httpx.Client(transport=httpx.WSGITransport(app), base_url=RESOURCE, auth=auth) as client:
            return client.get(target, headers=headers)

    async def ask_asgi() -> httpx.Response:
        app = build_asgi(store, resource=RESOURCE, editors=EDITORS)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=RESOURCE, auth=auth) as client:
            return await client.get(target, headers=headers)

    return asyncio.run(ask_asgi())


@pytest.mark.parametrize("edge", NAMES)
@pytest.mark.parametrize(
    ("target", "content_type", "body"),
    [
        ("/ws/2/collection", XML, problem(LATER)),
        (
            "/ws/2/collection?fmt=json",
            JSON,
            f'{{"error":"{LATER}","help":"See https://musicbrainz.org/doc/MusicBrainz_API"}}',
        ),
        (
            "/oauth2/userinfo",
            "application/json",
            f'{{"error":"temporarily_unavailable","error_description":"{LATER}"}}',
        ),
    ],
)
def test_a_token_gets_503_in_the_shape_of_the_place(
    edge: str, target: str, content_type: str, body: str
) -> None:
    """With Retry-After and without a challenge: the client keeps its token."""
    found = ask(edge, target)
    assert (503, content_type, body) == (found.status_code, found.headers["content-type"], found.text)
    assert ("7", None) == (found.headers["retry-after"], found.headers.get("www-authenticate"))


@pytest.mark.parametrize("edge", NAMES)
def test_digest_goes_on(edge: str) -> None:
    """The editors are the service's own."""
    assert "alice@example.org" == ask(edge, "/oauth2/userinfo", digest=True).json()["email"]
