"""Tokens that came over plain HTTP (RFC 6750 section 5.3): never looked up."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import Bearer, ConfigurationError, FromFunction, RevokeIn
from bearerguard.scopes import requirement
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    BARE,
    FORM,
    HTTPS_NEEDED,
    App,
    AsgiEdge,
    WsgiEdge,
    bad_request,
    bearer,
    server,
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
