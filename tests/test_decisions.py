"""What is told of a decision: enough for metrics and audit, no token and no claim."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard import AccessToken, Decision, FromFunction, Outcome, any_of
from bearerguard.scopes import requirement
from bearerguard.stores import digest_of
from bearerguard.stores.memory import MemoryTokenStore
from tests.support import (
    FORM,
    HTTPS_NEEDED,
    TWO_WAYS,
    App,
    AsgiEdge,
    BrokenStore,
    WsgiEdge,
    bearer,
    known,
    local,
    server,
    stored,
)

Edge = AsgiEdge | WsgiEdge


def told(
    edge: Edge, resource_server: Any, heard: list[Decision], app: App | None = None, **request: Any
) -> Any:
    """The decisions about one request, without their times."""
    options = {"anonymous": request.pop("anonymous", False)}
    edge.answer(edge.guard(app or App(), resource_server, **options), **request)
    found = [
        {name: getattr(one, name) for name in Decision.__slots__ if getattr(one, name) and name != "seconds"}
        for one in heard
    ]
    assert all(one.seconds >= 0 for one in heard)
    heard.clear()
    return found


def test_what_is_told_when_a_token_passes(edge: Edge) -> None:
    """By whom, how it came, and whether anybody had to be asked."""
    heard: list[Decision] = []
    store = MemoryTokenStore()
    token = stored(store)
    made = local(store, cached=True, on_decision=heard.append)
    expected = {
        "outcome": Outcome.PASSED,
        "scheme": "Bearer",
        "transport": "header",
        "digest": digest_of(token).hex()[:8],
        "verifier": "stored:bg_",
    }
    assert [expected] == told(edge, made, heard, headers=bearer(token))
    assert [{**expected, "cached": True}] == told(edge, made, heard, headers=bearer(token))
    query = {**expected, "cached": True, "transport": "query"}
    assert [query] == told(edge, made, heard, query=f"access_token={token}")
    form = {**expected, "cached": True, "transport": "form"}
    body = f"access_token={token}".encode()
    assert [form] == told(edge, made, heard, method="POST", headers=[FORM], body=body)


def test_what_is_told_when_nobody_asks(edge: Edge) -> None:
    """Anonymous, or refused."""
    heard: list[Decision] = []
    made = server(on_decision=heard.append)
    assert [{"outcome": Outcome.ANONYMOUS}] == told(edge, made, heard, anonymous=True)
    assert [{"outcome": Outcome.REFUSED, "reason": "no token"}] == told(edge, made, heard)
    assert [{"outcome": Outcome.REFUSED, "reason": "plain http"}] == told(edge, made, heard, scheme="http")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (None, "unknown"),
        (AccessToken(expires_at=0), "expired"),
        (AccessToken(not_before=4e9), "not yet valid"),
        (AccessToken(audience="x"), "wrong audience"),
        (AccessToken(confirmation={"jkt": "x"}), "bound to a key"),
        (AccessToken(subject="alice"), "no such user"),
    ],
)
def test_what_is_told_of_a_bad_token(edge: Edge, facts: AccessToken | None, reason: str) -> None:
    """Why, which the wire does not say."""
    heard: list[Decision] = []
    verifier = FromFunction(lambda token: facts, name="f")
    made = server(verifier, on_decision=heard.append, load_user=lambda facts: None)
    expected = {
        "outcome": Outcome.REFUSED,
        "reason": f"invalid_token: {reason}",
        "scheme": "Bearer",
        "transport": "header",
        "digest": digest_of("good").hex()[:8],
    }
    assert [expected] == told(edge, made, heard, headers=bearer("good"))


def test_what_is_told_of_a_malformed_request(edge: Edge) -> None:
    """The description, which is fixed text; and no token, since none was chosen."""
    heard: list[Decision] = []
    made = server(on_decision=heard.append)
    request = {"headers": bearer("good"), "query": "access_token=good"}
    assert [{"outcome": Outcome.REFUSED, "reason": TWO_WAYS}] == told(edge, made, heard, **request)
    form: dict[str, Any] = {
        "method": "POST",
        "headers": [FORM, *bearer("good")],
        "body": b"access_token=good",
    }
    assert [{"outcome": Outcome.REFUSED, "reason": TWO_WAYS}] == told(edge, made, heard, **form)


def test_what_is_told_of_an_outage(edge: Edge) -> None:
    """Neither passed nor refused."""
    heard: list[Decision] = []
    store = BrokenStore()
    token = stored(store)
    store.is_down = True
    (decision,) = told(edge, local(store, on_decision=heard.append), heard, headers=bearer(token))
    assert (Outcome.UNAVAILABLE, "the disk is gone") == (decision["outcome"], decision["reason"])


def test_what_is_told_of_a_missing_scope(edge: Edge) -> None:
    """After that the token itself had passed."""
    heard: list[Decision] = []
    made = server(on_decision=heard.append)
    app = App(requires=requirement(any_of("a", "b")))
    passed, refused = told(edge, made, heard, app, headers=bearer("good"))
    assert (Outcome.PASSED, Outcome.REFUSED) == (passed["outcome"], refused["outcome"])
    assert "insufficient scope" == refused["reason"]


def test_what_is_told_over_plain_http(edge: Edge) -> None:
    """The token is named, for whoever wants to tell its owner."""
    heard: list[Decision] = []
    (decision,) = told(edge, server(on_decision=heard.append), heard, headers=bearer("good"), scheme="http")
    assert ("plain http", digest_of("good").hex()[:8]) == (decision["reason"], decision["digest"])
    assert "https" in HTTPS_NEEDED


def test_how_long_it_took_is_told(edge: Edge) -> None:
    """From the beginning of this request, not of something else."""
    heard: list[Decision] = []
    guarded = edge.guard(App(), server(on_decision=heard.append))
    edge.answer(guarded, headers=bearer("good"))
    edge.answer(guarded)
    assert all(0 <= one.seconds < 5 for one in heard)


def test_no_token_and_no_claim_is_told(edge: Edge) -> None:
    """Not even in a repr."""
    heard: list[Decision] = []
    facts = AccessToken(subject="s3cret-subject", claims={"email": "s3cret-mail"})
    made = server(FromFunction(known(s3cret=facts), name="f"), on_decision=heard.append)
    edge.answer(edge.guard(App(), made), headers=bearer("s3cret"))
    assert "s3cret" not in repr(heard)


def test_a_refusal_is_one_line_at_info(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """And nothing where nobody reads it."""
    guarded = edge.guard(App(), server())
    with caplog.at_level(logging.WARNING, "bearerguard"):
        edge.answer(guarded, headers=bearer("bad"))
    assert [] == caplog.records
    with caplog.at_level(logging.INFO, "bearerguard"):
        edge.answer(guarded, headers=bearer("bad"))
        edge.answer(guarded)
    assert [
        f"401: invalid_token: unknown (token {digest_of('bad').hex()[:8]}, sent by header)",
        "401: no token",
    ] == [one.getMessage() for one in caplog.records if one.name == "bearerguard"]


def test_another_scheme_is_named_in_the_log(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever wrote "Token" for "Bearer" gets the bare challenge, and the operator a hint."""
    guarded = edge.guard(App(), server())
    with caplog.at_level(logging.INFO, "bearerguard"):
        edge.answer(guarded, headers=[("Authorization", "Token not-for-us")])
    assert ["401: no token, but an Authorization field of another scheme"] == [
        one.getMessage() for one in caplog.records if one.name == "bearerguard"
    ]
