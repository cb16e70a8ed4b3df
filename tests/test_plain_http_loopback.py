"""Plain HTTP on one machine, for development."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard.scopes import requirement
from tests.support import (
    BARE,
    HTTPS_NEEDED,
    PRIVATE_PEER,
    PUBLIC_PEER,
    App,
    AsgiEdge,
    WsgiEdge,
    bad_request,
    bearer,
    server,
)

Edge = AsgiEdge | WsgiEdge
REFUSED = (400, bad_request(HTTPS_NEEDED))


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_development_on_the_same_machine_may_be_excused(edge: Edge, peer: str) -> None:
    """loopback_http=True, by the peer's address; without it, not."""
    request: dict[str, Any] = {"scheme": "http", "peer": peer, "headers": bearer("good")}
    assert 200 == edge.answer(edge.guard(App(), server(loopback_http=True)), **request).status
    assert REFUSED == edge.answer(edge.guard(App(), server()), **request).brief


def test_development_without_a_token_is_a_401(edge: Edge) -> None:
    """As over https, in the middleware and in routes."""
    for app, anonymous in ((App(), False), (App(requires=requirement()), True)):
        guarded = edge.guard(app, server(loopback_http=True), anonymous=anonymous)
        assert (401, BARE) == edge.answer(guarded, scheme="http", peer="127.0.0.1").brief


@pytest.mark.parametrize("peer", [PRIVATE_PEER, PUBLIC_PEER, None, "localhost", "testclient", "128.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_host_field_excuses_nothing(edge: Edge, peer: str | None, host: str) -> None:
    """Anybody can write one."""
    headers = [*bearer("good"), ("Host", host)]
    guarded = edge.guard(App(), server(loopback_http=True))
    assert REFUSED == edge.answer(guarded, scheme="http", peer=peer, headers=headers).brief


@pytest.mark.parametrize("field", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_behind_a_local_proxy_the_excuse_is_void(edge: Edge, field: str) -> None:
    """A proxy on the same machine connects from loopback for the whole world."""
    headers = [*bearer("good"), (field, "127.0.0.1")]
    guarded = edge.guard(App(), server(loopback_http=True))
    assert REFUSED == edge.answer(guarded, scheme="http", peer="127.0.0.1", headers=headers).brief
