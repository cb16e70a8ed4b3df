"""Tokens that came over plain HTTP (RFC 6750 section 5.3): never looked up, and burnt by choice."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard import Bearer, ConfigurationError, FromFunction, RevokeIn, Unavailable
from bearerguard.plain_http import is_public_address
from bearerguard.scopes import requirement
from bearerguard.stores import digest_of
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BARE,
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
    local,
    server,
    stored,
)

Edge = AsgiEdge | WsgiEdge
REFUSED = (400, bad_request(HTTPS_NEEDED))


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": bearer("good")},
        {"headers": bearer("unknown")},
        {"query": "access_token=good"},
        {"method": "POST", "headers": [FORM], "body": b"access_token=good"},
        {},
    ],
)
@pytest.mark.parametrize("scheme", ["http", "ws", "", "HTTPS", "httpss"])
def test_it_is_refused_before_any_look_up(edge: Edge, request_: dict[str, Any], scheme: str) -> None:
    """By default, with a text that names https and the setting; without a token, too."""
    asked: list[str] = []
    app = App()
    guarded = edge.guard(app, server(FromFunction(asked.append, name="f")))
    assert REFUSED == edge.answer(guarded, scheme=scheme, **request_).brief
    assert ([], []) == (asked, app.seen)


def test_a_malformed_request_over_plain_http_is_a_malformed_request(edge: Edge) -> None:
    """What is wrong first is said first."""
    reply = edge.answer(edge.guard(App(), server()), scheme="http", headers=bearer("a b"))
    assert (400, True) == (reply.status, "malformed" in (reply.challenge or ""))


def test_nobody_needs_no_https(edge: Edge) -> None:
    """Behind anonymous=True, until a route asks for a token."""
    assert 200 == edge.answer(edge.guard(App(), server(), anonymous=True), scheme="http").status
    asking = edge.guard(App(requires=requirement()), server(), anonymous=True)
    assert REFUSED == edge.answer(asking, scheme="http").brief


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": bearer("good")},
        {"headers": bearer("a b")},
        {"query": "access_token=good&a=1"},
        {"query": "access_token=good&access_token=x"},
        {"method": "POST", "headers": [FORM], "body": b"access_token=good"},
    ],
)
def test_ignored_it_is_as_if_no_token_had_come(edge: Edge, request_: dict[str, Any]) -> None:
    """What MusicBrainz documents: 401 where one is needed, and never a look-up."""
    asked: list[str] = []
    app = App(requires=requirement())
    guarded = edge.guard(
        app, server(FromFunction(asked.append, name="f"), plain_http="ignore"), anonymous=True
    )
    assert ((401, BARE), []) == (edge.answer(guarded, scheme="http", **request_).brief, asked)
    assert app.authentication is None
    query = app.seen[-1].get("query_string", app.seen[-1].get("QUERY_STRING", b""))
    assert "good" not in str(query)


# -- RevokeIn ------------------------------------------------------------------------------------------


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


# -- loopback_http -------------------------------------------------------------------------------------


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


# -- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule", ["", "allow", "Refuse", None, True, RevokeIn, ["refuse"], MemoryTokenStore()]
)
def test_another_rule_is_a_mistake(rule: Any) -> None:
    """There is no way to allow it."""
    with pytest.raises(ConfigurationError) as caught:
        server(plain_http=rule)
    assert 'plain_http= must be "refuse", "ignore" or RevokeIn(store)' == str(caught.value)


@pytest.mark.parametrize("store", [None, "tokens.db", object(), MemoryTokenStore])
def test_to_revoke_takes_a_store(store: Any) -> None:
    """Not its path, nor its class."""
    with pytest.raises(ConfigurationError) as caught:
        RevokeIn(store)
    assert "RevokeIn needs a token store, such as SqliteTokenStore(path)" == str(caught.value)


def test_a_header_only_server_reads_no_form_over_plain_http(edge: Edge) -> None:
    """A transport that is off is off here too."""
    app = App()
    guarded = edge.guard(app, server(schemes=[Bearer()]), anonymous=True)
    reply = edge.answer(guarded, scheme="http", method="POST", headers=[FORM], body=b"access_token=x")
    assert (200, b"access_token=x") == (reply.status, app.body)
