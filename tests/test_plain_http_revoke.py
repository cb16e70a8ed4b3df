"""Tokens that were read in clear on the way are revoked, by choice."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard import RevokeIn, Unavailable
from bearerguard.plain_http import is_public_address
from bearerguard.stores import digest_of
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    FORM,
    HTTPS_NEEDED,
    PRIVATE_PEER,
    PUBLIC_PEER,
    App,
    AsgiEdge,
    AsyncStore,
    BrokenStore,
    ThreadedStore,
    WsgiEdge,
    bad_request,
    bearer,
    call_wsgi,
    local,
    stored,
    wsgi_environ,
)

Edge = AsgiEdge | WsgiEdge
REFUSED = (400, bad_request(HTTPS_NEEDED))


def burn(edge: Edge, store: MemoryTokenStore, token: str, **request: Any) -> tuple[int, str | None]:
    """Send a token over plain HTTP to a server that revokes."""
    guarded = edge.guard(App(), local(store, plain_http=RevokeIn(store)))
    request.setdefault("headers", bearer(token))
    return edge.answer(guarded, **{"scheme": "http", "peer": PUBLIC_PEER, **request}).brief


def is_revoked(store: Any, token: str) -> bool:
    return MemoryTokenStore.find(store, digest_of(token)).revoked_at is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("way", ["header", "query", "form"])
def test_a_token_that_was_read_on_the_way_is_burnt(
    edge: Edge, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It was in clear; the log names it by eight digits."""
    store = MemoryTokenStore()
    token = stored(store)
    request: dict[str, Any] = {
        "header": {},
        "query": {"headers": [], "query": f"access_token={token}"},
        "form": {"method": "POST", "headers": [FORM], "body": f"access_token={token}".encode()},
    }[way]
    with caplog.at_level(logging.WARNING):
        assert REFUSED == burn(edge, store, token, **request)
    assert is_revoked(store, token)
    line = f"token {digest_of(token).hex()[:8]} came over plain http and was revoked"
    assert [line] == [one.getMessage() for one in caplog.records]
    guarded = edge.guard(App(), local(store))
    assert 401 == edge.answer(guarded, headers=bearer(token)).status


@pytest.mark.parametrize("store_kind", [ThreadedStore, AsyncStore])
def test_it_is_burnt_in_a_store_of_any_colour(store_kind: type[MemoryTokenStore]) -> None:
    """Under ASGI."""
    store = store_kind()
    token = stored(store)
    assert REFUSED == burn(AsgiEdge(), store, token)
    assert is_revoked(store, token)


@pytest.mark.parametrize(
    "field",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "X-Forwarded-Anything",
        "X-Real-IP",
        "Via",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Original-Host",
    ],
)
def test_behind_a_proxy_it_is_not_burnt(edge: Edge, field: str) -> None:
    """A misconfigured TLS proxy must not revoke every customer's token."""
    store = MemoryTokenStore()
    token = stored(store)
    assert REFUSED == burn(edge, store, token, headers=[*bearer(token), (field, "x")])
    assert not is_revoked(store, token)


@pytest.mark.parametrize(
    "peer",
    [
        None,
        "",
        "unix:",
        "testclient",
        "127.0.0.1",
        PRIVATE_PEER,
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.1.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "0.0.0.0",  # noqa: S104 - nobody listens here
    ],
)
def test_for_a_private_or_unknown_peer_it_is_not_burnt(edge: Edge, peer: str | None) -> None:
    """It may be the proxy itself."""
    store = MemoryTokenStore()
    token = stored(store)
    assert REFUSED == burn(edge, store, token, peer=peer)
    assert not is_revoked(store, token)


@pytest.mark.parametrize("peer", [PUBLIC_PEER, "2001:4860:4860::8888", "::ffff:9.9.9.9"])
def test_addresses_on_the_internet(peer: str) -> None:
    """Also an IPv4 one on an IPv6 socket."""
    assert is_public_address(peer)


def test_the_answer_is_the_same_whether_the_token_was_known_or_not(edge: Edge) -> None:
    """Nobody learns by plain HTTP which tokens are good; strangers' junk costs no write."""
    revoked: list[bytes] = []

    class Watched(MemoryTokenStore):
        def revoke(self, digest: bytes) -> bool:  # type: ignore[override]
            revoked.append(digest)
            return super().revoke(digest)

    store = Watched()
    token, other = stored(store), stored(MemoryTokenStore())
    answers = []
    for sent in (token, token, other, "junk"):
        guarded = edge.guard(App(), local(store, plain_http=RevokeIn(store)))
        answers.append(edge.answer(guarded, scheme="http", peer=PUBLIC_PEER, headers=bearer(sent)))
    assert 1 == len({(one.status, one.headers, one.body) for one in answers})
    assert [digest_of(token)] == revoked


@pytest.mark.parametrize("fails", ["find", "revoke"])
def test_a_store_that_is_gone_makes_no_difference_to_the_answer(
    edge: Edge, fails: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Only to the log, which says what could not be done."""

    def down(digest: bytes) -> bool:
        raise Unavailable("the disk is gone")

    store = MemoryTokenStore()
    token = stored(store)
    setattr(store, fails, down)
    with caplog.at_level(logging.WARNING):
        assert REFUSED == burn(edge, store, token)
    line = (
        f"token {digest_of(token).hex()[:8]} came over plain http and could not be revoked: the disk is gone"
    )
    assert [(logging.ERROR, line)] == [(one.levelno, one.getMessage()) for one in caplog.records]


def test_over_https_nothing_is_burnt(edge: Edge) -> None:
    """The usual case."""
    store = BrokenStore()
    token = stored(store)
    assert (200, None) == burn(edge, store, token, scheme="https")
    assert not is_revoked(store, token)


def test_a_proxy_that_speaks_before_the_request_burns_nothing() -> None:
    """The PROXY protocol gives a public peer although TLS ended at the proxy; gunicorn says so."""
    store = MemoryTokenStore()
    token = stored(store)
    edge = WsgiEdge()
    guarded = edge.guard(App(), local(store, plain_http=RevokeIn(store)))
    environ = wsgi_environ(headers=bearer(token), scheme="http", peer=PUBLIC_PEER, PROXY_PROTOCOL="TCP4")
    assert REFUSED == call_wsgi(guarded, environ).brief
    assert not is_revoked(store, token)
