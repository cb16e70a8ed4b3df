"""Finding a bearer token, at either edge (RFC 6750 section 2)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken, Bearer, Cached, ConfigurationError, FromFunction
from tests.schemes.finding import IN_FORM, IN_HEADER, IN_QUERY, Edge, brief
from tests.support import (
    BAD_TOKEN_CHALLENGE,
    BARE,
    FORM,
    TWO_WAYS,
    App,
    bad_request,
    bearer,
    known,
    server,
)
from tests.texts import HEADER_MALFORMED, HEADER_REPEATED, PARAMETER_MALFORMED, PARAMETER_REPEATED, TOO_LONG

NO_TIME = "Bearer(body_timeout_seconds=...) must be a finite number of seconds, more than 0"


@pytest.mark.parametrize("request_", [IN_HEADER, IN_QUERY, IN_FORM], ids=["header", "query", "form"])
def test_a_token_is_found_in_each_of_three_places(edge: Edge, request_: dict[str, Any]) -> None:
    """Sections 2.1, 2.2 and 2.3."""
    assert (200, None) == brief(edge, **request_)


@pytest.mark.parametrize("request_", [IN_QUERY, IN_FORM], ids=["query", "form"])
def test_a_transport_that_is_off_is_not_read(edge: Edge, request_: dict[str, Any]) -> None:
    """By default only the header is."""
    assert (401, BARE) == brief(edge, scheme=Bearer(), **request_)


@pytest.mark.parametrize("request_", [IN_QUERY, IN_FORM], ids=["query", "form"])
def test_a_transport_that_is_off_is_not_counted(edge: Edge, request_: dict[str, Any]) -> None:
    """It is then the application's own parameter, whatever its name."""
    headers = [*request_.get("headers", ()), *bearer("good")]
    assert (200, None) == brief(edge, scheme=Bearer(), **{**request_, "headers": headers})


@pytest.mark.parametrize(
    "request_",
    [
        {**IN_QUERY, "headers": bearer("good")},
        {**IN_QUERY, "headers": bearer("other")},
        {**IN_FORM, "headers": [FORM, *bearer("good")]},
        {**IN_FORM, "headers": [FORM, *bearer("bad")]},
        {**IN_FORM, **IN_QUERY},
        {**IN_FORM, **IN_QUERY, "headers": [FORM, *bearer("good")]},
    ],
)
def test_two_ways_at_once_are_refused(edge: Edge, request_: dict[str, Any]) -> None:
    """Section 2: MUST NOT use more than one method; section 3.1: 400, also when the two are equal."""
    assert (400, bad_request(TWO_WAYS)) == brief(edge, **request_)


@pytest.mark.parametrize("second", ["good", "bad"])
def test_a_repeated_header_is_refused(edge: Edge, second: str) -> None:
    """Equal or not. A WSGI server joins the two lines, which is then a malformed one."""
    expected = HEADER_REPEATED if edge.name == "asgi" else HEADER_MALFORMED
    assert (400, expected) == brief(edge, headers=[*bearer("good"), *bearer(second)])


@pytest.mark.parametrize(
    "text", ["access_token=good&access_token=good", "access_token=good&access%5Ftoken=x"]
)
def test_a_repeated_parameter_is_refused(edge: Edge, text: str) -> None:
    """In the query and in a form."""
    assert (400, PARAMETER_REPEATED) == brief(edge, query=text)
    assert (400, PARAMETER_REPEATED) == brief(edge, **{**IN_FORM, "body": text.encode()})


@pytest.mark.parametrize("text", ["access_token=", "access_token", "access_token=a+b", "access_token=%FF"])
def test_an_empty_value_is_refused(edge: Edge, text: str) -> None:
    """And one that cannot be a token."""
    assert (400, PARAMETER_MALFORMED) == brief(edge, query=text)
    assert (400, PARAMETER_MALFORMED) == brief(edge, **{**IN_FORM, "body": text.encode()})


@pytest.mark.parametrize("value", ["Basic Z29vZDpnb29k", 'Digest username="good", realm="a"', "Bearerx good"])
def test_another_scheme_is_the_applications(edge: Edge, value: str) -> None:
    """No token was sent that way, and it is no second way either."""
    other = ("Authorization", value)
    assert (401, BARE) == brief(edge, headers=[other])
    assert (200, None) == brief(edge, **IN_QUERY, headers=[other])
    assert (200, None) == brief(edge, **{**IN_FORM, "headers": [FORM, other]})


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": [("Cookie", "access_token=good; Authorization=Bearer good")]},
        {"headers": [("X-Authorization", "Bearer good")]},
        {"headers": [("Authorization_", "Bearer good")]},
        {"headers": [("Proxy-Authorization", "Bearer good")]},
        {"headers": [("Access-Token", "good"), ("access_token", "good")]},
        {
            "method": "POST",
            "headers": [("Content-Type", "application/json")],
            "body": b'{"access_token":"good"}',
        },
        {
            "method": "POST",
            "headers": [("Content-Type", "multipart/form-data")],
            "body": b"access_token=good",
        },
        {"method": "POST", "headers": [("Content-Type", "text/plain")], "body": b"access_token=good"},
        {"method": "POST", "body": b"access_token=good"},
        {"path": "/access_token=good"},
    ],
)
def test_nothing_else_carries_a_token(edge: Edge, request_: dict[str, Any]) -> None:
    """Three places, and no fourth."""
    assert (401, BARE) == brief(edge, **request_)


@pytest.mark.parametrize("request_", [IN_HEADER, IN_QUERY, IN_FORM], ids=["header", "query", "form"])
def test_a_token_is_bounded_before_anything_looks_at_it(edge: Edge, request_: dict[str, Any]) -> None:
    """One byte more than the bound; "good" has four."""
    assert (200, None) == brief(edge, scheme=Bearer(form=True, query=True, max_token_bytes=4), **request_)
    assert (400, TOO_LONG) == brief(edge, scheme=Bearer(form=True, query=True, max_token_bytes=3), **request_)


def test_a_token_that_is_too_long_is_never_looked_up(edge: Edge) -> None:
    """Nor is a malformed request."""
    asked: list[str] = []
    guarded = edge.guard(App(), server(FromFunction(asked.append, name="f")))
    for request in (
        {"headers": bearer("x" * 16_385)},
        {"headers": [("Authorization", "Bearer a b")]},
        {**IN_QUERY, "headers": bearer("x")},
    ):
        assert 400 == edge.answer(guarded, **request).status
    assert [] == asked


def test_a_token_that_is_bound_to_a_key_is_refused(edge: Edge) -> None:
    """RFC 9449 section 7.2, RFC 7800: its sender has not shown the key; asked on a cache hit too."""
    facts = AccessToken(subject="alice", confirmation={"jkt": "x"})
    guarded = edge.guard(App(), server(Cached(FromFunction(known(good=facts)))))
    for _ in range(2):
        assert (401, BAD_TOKEN_CHALLENGE) == edge.answer(guarded, **IN_HEADER).brief


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"form": 1}, "Bearer(form=...) must be True or False"),
        ({"query": "no"}, "Bearer(query=...) must be True or False"),
        ({"max_token_bytes": 0}, "Bearer(max_token_bytes=...) must be a number of bytes, 1 or more"),
        ({"max_token_bytes": True}, "Bearer(max_token_bytes=...) must be a number of bytes, 1 or more"),
        ({"max_body_bytes": -1}, "Bearer(max_body_bytes=...) must be a number of bytes, 1 or more"),
        ({"max_body_bytes": 1.5}, "Bearer(max_body_bytes=...) must be a number of bytes, 1 or more"),
        ({"body_timeout_seconds": 0}, NO_TIME),
        ({"body_timeout_seconds": float("inf")}, NO_TIME),
        ({"body_timeout_seconds": float("nan")}, NO_TIME),
        ({"body_timeout_seconds": "10"}, NO_TIME),
    ],
)
def test_a_bound_that_could_not_work_is_a_mistake(wrong: dict[str, Any], text: str) -> None:
    """Found at start, and the cure is named."""
    with pytest.raises(ConfigurationError) as caught:
        Bearer(**wrong)
    assert text == str(caught.value)
