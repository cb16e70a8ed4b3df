"""What the guard says in the API's shape besides what the table shows: plain http, and an outage."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from tests.services.spotify.serving import SERVICES
from tests.support import HTTPS_NEEDED, AsgiEdge, BrokenStore, Reply, WsgiEdge, bearer, stored

RESOURCE = "https://localhost:8443"
BUILT = {"asgi": ("spotify.on_starlette", "build_asgi"), "wsgi": ("spotify.on_flask", "build_wsgi")}


@pytest.fixture
def store() -> BrokenStore:
    return BrokenStore()


@pytest.fixture
def built(edge: AsgiEdge | WsgiEdge, store: BrokenStore, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SERVICES))
    module, name = BUILT[edge.name]
    return getattr(importlib.import_module(module), name)(store, resource=RESOURCE)


def test_plain_http_is_refused_in_the_api_s_shape(edge: AsgiEdge | WsgiEdge, built: Any) -> None:
    """400, and the token is never looked up (RFC 6750 section 5.3)."""
    reply = edge.answer(built, path="/v1/me", scheme="http", headers=bearer("bg_any"))
    assert (400, {"error": {"status": 400, "message": HTTPS_NEEDED}}) == (reply.status, said(reply))


def test_a_store_that_is_down_is_503_in_the_api_s_shape(
    edge: AsgiEdge | WsgiEdge, built: Any, store: BrokenStore
) -> None:
    """With Retry-After and without a challenge, so that no client throws a good token away."""
    token = stored(store, lifetime_seconds=None)
    store.is_down = True
    reply = edge.answer(built, path="/v1/me", headers=bearer(token))
    message = "The access token cannot be checked at the moment. Try again later."
    assert (503, {"error": {"status": 503, "message": message}}) == (reply.status, said(reply))
    names = {name.lower() for name, _ in reply.headers}
    assert "retry-after" in names
    assert "www-authenticate" not in names


def said(reply: Reply) -> Any:
    return json.loads(reply.body)
