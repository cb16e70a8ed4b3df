"""No token ever shows: not in a log at DEBUG, not in a repr, an exception or an answer."""

from __future__ import annotations

import itertools
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from bearerguard import (
    AccessToken,
    Bearer,
    Cached,
    Decision,
    FirstMatch,
    FromFunction,
    InvalidToken,
    Reason,
    RevokeIn,
    StoredTokens,
    Unavailable,
)
from bearerguard.credentials import Credentials
from bearerguard.scopes import requirement
from bearerguard.stores import issue
from tests.support import FORM, PUBLIC_PEER, START, App, AsgiEdge, BrokenStore, Clock, WsgiEdge, server

Edge = AsgiEdge | WsgiEdge
SECRET = "s3cr3t"

# Every token holds the secret, so that one search finds any of them.
TOKENS = {
    "good": f"good-{SECRET}",
    "unknown": f"unknown-{SECRET}",
    "expired": f"expired-{SECRET}",
    "elsewhere": f"elsewhere-{SECRET}",
    "bound": f"bound-{SECRET}",
    "down": f"down-{SECRET}",
    "broken": f"broken-{SECRET}",
    "refused": f"refused-{SECRET}",
    "ours, but wrong": f"bg_{SECRET}",
    "malformed": f'"{SECRET}"',
    "too long": f"{SECRET}{'x' * 20_000}",
    "two words": f"{SECRET} {SECRET}",
}


def verify(token: str) -> AccessToken | None:
    """One of each kind of answer."""
    kind = token.partition("-")[0]
    if kind == "down":
        raise Unavailable("the other side is gone")
    if kind == "broken":
        raise LookupError("a mistake")
    if kind == "refused":
        raise InvalidToken(Reason.REVOKED)
    facts: dict[str, dict[str, Any]] = {
        "good": {"scopes": ("tag",)},
        "expired": {"expires_at": START - 1},
        "elsewhere": {"audience": "other"},
        "bound": {"confirmation": {"jkt": "x"}},
    }
    return AccessToken(subject="alice", claims={"note": "x"}, **facts[kind]) if kind in facts else None


def ways(token: str) -> Iterator[dict[str, Any]]:
    """How a token can be sent, wrong ways too."""
    field = ("Authorization", f"Bearer {token}")
    pair = f"access_token={token}"
    yield {"headers": [field]}
    yield {"headers": [field, field]}
    yield {"headers": [("Authorization", f"Basic x, Bearer {token}")]}
    yield {"headers": [("Authorization", f"Bearer{token}")]}
    yield {"query": pair}
    yield {"query": f"{pair}&{pair}"}
    yield {"query": f"access%5Ftoken={token}"}
    yield {"query": pair, "headers": [field]}
    for body in (pair, f"{pair}&{pair}", f"{pair}&a=ü"):
        yield {"method": "POST", "headers": [FORM], "body": body.encode()}
    yield {"method": "POST", "headers": [FORM, field], "body": pair.encode()}
    yield {
        "method": "OPTIONS",
        "headers": [("Origin", "x"), ("Access-Control-Request-Method", "GET")],
        "query": pair,
    }


def servers(heard: list[Decision]) -> Iterator[Any]:
    """Guards of every kind."""
    store = BrokenStore()
    down = BrokenStore()
    down.is_down = True
    schemes = [Bearer(form=True, query=True)]
    for verifier in (
        FromFunction(verify),
        Cached(FromFunction(verify), now=Clock(), stale_if_error_seconds=5),
    ):
        made = FirstMatch([StoredTokens(store), verifier])
        yield server(made, schemes=schemes, on_decision=heard.append)
    yield server(StoredTokens(down, prefix=None), schemes=schemes, on_decision=heard.append)
    yield server(StoredTokens(store), schemes=schemes, plain_http=RevokeIn(store), on_decision=heard.append)
    yield server(StoredTokens(store), schemes=schemes, plain_http=RevokeIn(down), on_decision=heard.append)
    yield server(StoredTokens(store), schemes=schemes, plain_http="ignore", on_decision=heard.append)


def test_no_token_shows_anywhere(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """The whole matrix: every kind of token, way and guard, over https and http; everything is captured."""
    heard: list[Decision] = []
    shown: list[str] = []
    count = 0
    with caplog.at_level(logging.DEBUG):
        for made, scheme in itertools.product(servers(heard), ("https", "http")):
            guarded = edge.guard(App(requires=requirement("tag"), reads=False), made, anonymous=True)
            for token in TOKENS.values():
                for request in ways(token):
                    count += 1
                    try:
                        reply = edge.answer(guarded, scheme=scheme, peer=PUBLIC_PEER, **request)
                        shown.append(repr(reply))
                    except LookupError as error:
                        shown.append("".join(traceback.format_exception(error)))
            shown.append(repr([made, made.verifier, vars(made), vars(guarded)]))
    shown += [
        repr(heard),
        *(one.getMessage() for one in caplog.records),
        repr([vars(one) for one in caplog.records]),
    ]
    assert count > 1_000
    assert len(heard) > 1_000
    assert any(
        "came over plain http" in one.getMessage() or "401" in one.getMessage() for one in caplog.records
    )
    assert [] == [text for text in shown if SECRET in text]


def test_no_value_shows_its_secret() -> None:
    """Reprs end in logs."""
    token, record = issue(subject="alice", now=Clock())
    credentials = Credentials("Bearer", token.encode(), proof=SECRET)
    facts = AccessToken(subject="alice", claims={"note": SECRET})
    shown = repr([credentials, record, facts, StoredTokens(BrokenStore()), FromFunction(verify)])
    assert (False, False) == (token in shown, SECRET in shown)
