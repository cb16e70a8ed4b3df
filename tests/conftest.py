"""Fixtures of the whole suite: what holds at one edge is tested at the other."""

from __future__ import annotations

import pytest

from tests.support import AsgiEdge, WsgiEdge


@pytest.fixture(params=[AsgiEdge, WsgiEdge], ids=["asgi", "wsgi"])
def edge(request: pytest.FixtureRequest) -> AsgiEdge | WsgiEdge:
    found: AsgiEdge | WsgiEdge = request.param()
    return found
