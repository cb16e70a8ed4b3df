"""The answer: what becomes of its status, type, JSON and `active` (RFC 7662 sections 2.2 and 2.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bearerguard.breaker import Unreachable
from bearerguard.clients import ConnectionLost
from bearerguard.errors import Unavailable
from tests.clients.answering import active, answer
from tests.verifiers.introspecting import PASSED, UNKNOWN, Edge, Outcome, Remote, malformed

ACTIVE = json.dumps({"active": True, "sub": "alice"}).encode()
NEITHER = malformed("active is neither true nor false")


@pytest.mark.parametrize("content", [ACTIVE, b'{"active":false}', b"", b"<html>"])
@pytest.mark.parametrize(
    ("status", "why"),
    [
        (201, "it answers 201"),
        (202, "it answers 202"),
        (204, "it answers 204"),
        (206, "it answers 206"),
        (301, "it answers 301"),
        (302, "it answers 302"),
        (304, "it answers 304"),
        (307, "it answers 307"),
        (400, "it answers 400"),
        (401, "it answers 401 to our own credentials: see client="),
        (403, "it answers 403 to our own credentials: see client="),
        (404, "it answers 404"),
        (405, "it answers 405"),
        (429, "it answered 429"),
        (500, "it answers 500"),
        (501, "it answers 501"),
        (502, "it answered 502"),
        (503, "it answered 503"),
        (504, "it answered 504"),
    ],
)
def test_every_other_status_says_nothing_of_the_token(
    edge: Edge, status: int, why: str, content: bytes
) -> None:
    """Whatever stands below it: 503, and the client keeps its token."""
    remote = Remote(edge, answer(content, status))
    assert (503, why) == remote.outcome()
    assert 1 == remote.http.times


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json ; charset="utf-8"; x=y',
        "\tapplication/json ",
        "application/json;",
    ],
)
def test_json_is_json_whatever_its_parameters(edge: Edge, content_type: str) -> None:
    """RFC 9110 section 8.3.1: the type in any case."""
    assert PASSED == Remote(edge, answer(ACTIVE, content_type=content_type)).outcome()


@pytest.mark.parametrize("content", [ACTIVE, b'{"active":false}', b""])
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        ";",
        "text/html",
        "text/plain; charset=utf-8",
        "text/json",
        "application/jwt",
        "application/token-introspection+jwt",
        "application/problem+json",
        "application/jsonp",
        "application/json, application/json",
        "application/json charset=utf-8",
        "json",
        "*/*",
        "x;application/json",
    ],
)
def test_another_content_type_is_not_read(edge: Edge, content_type: str | None, content: bytes) -> None:
    """A page of something in between says neither yes nor no."""
    remote = Remote(edge, answer(content, content_type=content_type))
    assert (503, "its answer is not application/json") == remote.outcome()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (ACTIVE[:-1], "not JSON"),
        (ACTIVE + b"x", "not JSON"),
        (ACTIVE + ACTIVE, "not JSON"),
        (b"\xef\xbb\xbf" + ACTIVE, "not JSON"),
        (ACTIVE.decode().encode("utf-16"), "not UTF-8"),
        (b"[" + ACTIVE + b"]", "not a JSON object"),
        (b"true", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"active":false,"active":true}', "a member's name is repeated"),
        (b'{"active":true,"sub":"a","sub":"b"}', "a member's name is repeated"),
        (b'{"active":true,"x":{"a":1,"a":1}}', "a member's name is repeated"),
        (b'{"active":true,"exp":NaN}', "NaN and infinities are not JSON"),
        (b'{"active":true,"exp":Infinity}', "NaN and infinities are not JSON"),
        (b'{"active":true,"exp":1e400}', "a number is out of bounds"),
        (b'{"active":true,"exp":' + b"9" * 30 + b"}", "a number is out of bounds"),
        (b'{"active":true,"sub":"\\ud800"}', "a text holds half a character"),
        (b'{"active":true,"x":' + b"[" * 16 + b"]" * 16 + b"}", "nested too deeply"),
        (b'{"active":true,"x":' + b"[" * 30_000, "too many values"),
    ],
)
def test_json_is_read_strictly(edge: Edge, content: bytes, why: str) -> None:
    """What two parsers read differently is no answer."""
    assert malformed(why) == Remote(edge, answer(content)).outcome()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (True, PASSED),
        (False, UNKNOWN),
        ("true", NEITHER),
        ("false", NEITHER),
        ("", NEITHER),
        (1, NEITHER),
        (1.0, NEITHER),
        (0, NEITHER),
        (None, NEITHER),
        (..., NEITHER),
        ([], NEITHER),
        ([True], NEITHER),
        ({}, NEITHER),
        ({"active": True}, NEITHER),
    ],
)
def test_only_true_is_active(edge: Edge, said: Any, expected: Outcome) -> None:
    """And only false is inactive: what is neither is a malformed reply."""
    assert expected == Remote(edge, active(active=said)).outcome()


def test_the_name_of_a_member_has_one_case(edge: Edge) -> None:
    """`Active` is a member that nobody knows."""
    assert NEITHER == Remote(edge, active(active=..., Active=True, ACTIVE=True)).outcome()


def test_what_stands_beside_inactive_is_not_looked_at(edge: Edge) -> None:
    """RFC 7662 section 2.2: nothing should; and it changes nothing."""
    said = answer({"active": False, "exp": "soon", "sub": 5, "aud": None, "iss": ["x"], "cnf": True})
    assert UNKNOWN == Remote(edge, said, issuer="https://as.example.org").outcome()


@pytest.mark.parametrize(
    "failure",
    [
        Unreachable("no answer within 2 seconds"),
        Unreachable("no connection: Connection refused"),
        Unreachable("its certificate is not good: self-signed certificate"),
        Unreachable("TLS failed"),
        Unavailable("its answer is no use: it is longer than 65536 bytes"),
        Unavailable("every connection of our own pool is taken"),
        ConnectionLost("the connection was lost, or what came over it is not HTTP"),
    ],
)
def test_no_answer_says_nothing_of_the_token_either(edge: Edge, failure: Unavailable) -> None:
    """503, and the log has the reason."""
    assert (503, failure.what) == Remote(edge, failure).outcome()


def test_a_connection_that_was_lost_is_tried_once_more(edge: Edge) -> None:
    """The request does not notice."""
    lost = ConnectionLost("the connection was lost, or what came over it is not HTTP")
    remote = Remote(edge, lost, active())
    assert (PASSED, 2) == (remote.outcome(), remote.http.times)
    assert [remote.http.asked[0].content] * 2 == [one.content for one in remote.http.asked]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"error": "invalid_client"}', "it answers 400 to our own credentials: see client="),
        (b'{"error": "invalid_request"}', "it answers 400"),
        (b'{"error": ["invalid_client"]}', "it answers 400"),
        (b'["invalid_client"]', "it answers 400"),
        (b"invalid_client", "it answers 400"),
    ],
)
def test_some_servers_refuse_our_credentials_by_a_400(edge: Edge, content: bytes, why: str) -> None:
    """RFC 6749 section 5.2 allows it; the error's name tells it from a question that was not understood."""
    assert (503, why) == Remote(edge, answer(content, 400)).outcome()


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_errors_name_counts_beside_its_own_status_alone(edge: Edge, status: int) -> None:
    """Elsewhere it is anybody's text."""
    remote = Remote(edge, answer(b'{"error": "invalid_client"}', status))
    assert (503, f"it answers {status}") == remote.outcome()


def test_a_kind_of_token_that_a_server_does_not_answer_for_is_not_its(edge: Edge) -> None:
    """RFC 7009 section 2.2.1 has the name: an outage would be one that strangers make."""
    remote = Remote(edge, answer(b'{"error": "unsupported_token_type"}', 400))
    assert (401, "invalid_token: unknown") == remote.outcome()
