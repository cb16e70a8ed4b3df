"""Every route of the service says what it requires, at both edges."""

from __future__ import annotations

import importlib

import pytest

from bearerguard.adapters import flask, starlette
from bearerguard.stores.memory import MemoryTokenStore
from tests.services.spotify.serving import SERVICES

RESOURCE = "https://localhost:8443"


@pytest.fixture(autouse=True)
def services_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SERVICES))


def test_no_route_is_unprotected_on_starlette() -> None:
    """Also those that any good token opens say so."""
    edge = importlib.import_module("spotify.on_starlette")
    assert starlette.unprotected_routes(edge.build_asgi(MemoryTokenStore(), resource=RESOURCE)) == []


def test_no_route_is_unprotected_on_flask() -> None:
    """The same list, kept by another framework."""
    edge = importlib.import_module("spotify.on_flask")
    service = importlib.import_module("spotify.service")
    guard = importlib.import_module("spotify.guard")
    server = guard.build_guard(MemoryTokenStore(), resource=RESOURCE)
    application = edge.build_application(service.Service(server, resource=RESOURCE))
    assert flask.unprotected_routes(application) == []
