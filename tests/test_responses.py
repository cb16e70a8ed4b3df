"""A refusal becomes HTTP (RFC 6750 section 3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bearerguard.errors import (
    InsecureTransport,
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
    Reason,
    Refusal,
    Unavailable,
)
from bearerguard.responses import names_scheme, private, respond
from tests.support import BAD_TOKEN, HTTPS_NEEDED

NO_STORE = ("cache-control", "no-store")


@pytest.mark.parametrize(
    ("refusal", "status", "members"),
    [
        (InvalidRequest("Why."), 400, {"error": "invalid_request", "error_description": "Why."}),
        (InvalidRequest("Why.", 413), 413, {"error": "invalid_request", "error_description": "Why."}),
        (InsecureTransport(), 400, {"error": "invalid_request", "error_description": HTTPS_NEEDED}),
        *[
            (InvalidToken(reason), 401, {"error": "invalid_token", "error_description": BAD_TOKEN})
            for reason in Reason
        ],
        (
            InsufficientScope(("b", "a")),
            403,
            {
                "error": "insufficient_scope",
                "error_description": "The access token does not carry the scope that this needs.",
                "scope": "b a",
            },
        ),
    ],
)
def test_the_body_says_what_the_challenge_says(
    refusal: Refusal, status: int, members: dict[str, str]
) -> None:
    """One text for every bad token: why it is bad is ours to know."""
    answer = respond(refusal, challenges=["Bearer x", "MAC y"])
    body = json.dumps(members, separators=(",", ":")).encode()
    expected = (
        NO_STORE,
        ("www-authenticate", "Bearer x"),
        ("www-authenticate", "MAC y"),
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
    )
    assert (status, expected, body) == (answer.status, answer.headers, answer.body)


def test_a_request_without_a_token_is_told_nothing_but_the_challenge() -> None:
    """RFC 6750 section 3.1: SHOULD NOT include an error code or other error information."""
    answer = respond(MissingCredentials(), challenges=['Bearer realm="api"'])
    expected = (NO_STORE, ("www-authenticate", 'Bearer realm="api"'), ("content-length", "0"))
    assert (401, expected, b"") == (answer.status, answer.headers, answer.body)


def test_an_outage_is_no_challenge() -> None:
    """A client would throw a good token away."""
    answer = respond(Unavailable("the disk is gone", 7), challenges=["Bearer x"])
    assert 503 == answer.status
    assert [NO_STORE, ("retry-after", "7")] == list(answer.headers[:2])
    assert "www-authenticate" not in dict(answer.headers)
    assert {
        "error": "temporarily_unavailable",
        "error_description": "The access token cannot be checked at the moment. Try again later.",
    } == json.loads(answer.body)


def test_the_answer_to_head_has_the_fields_of_get_and_no_content() -> None:
    """RFC 9110 section 9.3.2."""
    get, head = (respond(InvalidToken(), method=method) for method in ("GET", "HEAD"))
    assert (get.status, get.headers, b"") == (head.status, head.headers, head.body)


@pytest.mark.parametrize(
    ("rendering", "content_type", "body"),
    [
        (
            None,
            "application/json",
            b'{"error":"invalid_token","error_description":"' + BAD_TOKEN.encode() + b'"}',
        ),
        ({"title": "né"}, "application/json", b'{"title":"n\\u00e9"}'),
        (("text/html", b"<p>"), "text/html", b"<p>"),
    ],
)
def test_an_application_may_shape_the_body(rendering: Any, content_type: str, body: bytes) -> None:
    """Status and challenge stay ours."""
    asked = []

    def render(error: Any) -> Any:
        asked.append(error)
        return rendering

    refusal = InvalidToken()
    answer = respond(refusal, challenges=["Bearer x"], render=render)
    assert ([refusal], 401, body) == (asked, answer.status, answer.body)
    assert (content_type, "Bearer x") == (
        dict(answer.headers)["content-type"],
        dict(answer.headers)["www-authenticate"],
    )


@pytest.mark.parametrize("rendering", [{}, ("text/plain", b"")])
def test_an_empty_body_has_no_type(rendering: Any) -> None:
    """Nothing is nothing."""
    answer = respond(InvalidToken(), render=lambda error: rendering)
    assert (NO_STORE, ("content-length", "0")) == answer.headers


@pytest.mark.parametrize(
    ("values", "is_named"),
    [
        ([], False),
        (['Bearer realm="x"'], True),
        (["bearer"], True),
        (["Basic realm=x", "BEARER x=y"], True),
        (['Basic realm="x", Bearer realm="y"'], True),
        (['Basic realm="x",bearer'], True),
        (["Bearer,Basic"], True),
        (['Basic realm="Bearer x"'], False),
        (['Basic realm="a, Bearer b"'], False),
        (['Basic realm="a\\", Bearer b"'], False),
        (["Basic Bearer"], False),
        (["Bearerx y=z"], False),
        (["X-Bearer y=z"], False),
        (['Digest bearer="x"'], False),
    ],
)
def test_whether_a_challenge_is_there_already(values: list[str], is_named: bool) -> None:
    """The word inside a quoted string is not a scheme."""
    assert is_named == names_scheme(values, "Bearer")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "private"),
        ("", "private"),
        ("public", "private"),
        ("Public, max-age=60", "max-age=60, private"),
        ("max-age=60", "max-age=60, private"),
        ("private", "private"),
        ("private, public, max-age=5", "max-age=5, private"),
        ("no-store, public", "no-store, private"),
        ("PRIVATE, max-age=5", "PRIVATE, max-age=5"),
        ("no-store", "no-store"),
        ("no-cache", "no-cache, private"),
        ('private="set-cookie"', 'private="set-cookie", private'),
        ("s-maxage=60", "s-maxage=60, private"),
    ],
)
def test_an_answer_is_made_private_unless_it_is_stricter(given: str | None, expected: str) -> None:
    """RFC 6750 section 2.3: Cache-Control: private."""
    assert expected == private(given)


@pytest.mark.parametrize(
    "rendering", ["nope", b"x", ("x",), ("text/plain", "str"), ("text/plain\r\nX: y", b"z"), 5]
)
def test_a_body_of_another_kind_is_a_mistake(rendering: Any) -> None:
    """The application's own, so a 500; never a field that breaks out of its line."""
    with pytest.raises(TypeError) as caught:
        respond(InvalidToken(), render=lambda error: rendering)
    assert "render_refusal must give a mapping, (content type, bytes) or None" == str(caught.value)
