"""A token in a form, at either edge (RFC 6750 section 2.2)."""

from __future__ import annotations

import pytest

from tests.schemes.finding import IN_FORM, Edge, brief
from tests.support import (
    BARE,
    FORM,
    App,
    bearer,
    server,
)
from tests.texts import HEADER_MALFORMED, NOT_ASCII, TOO_LARGE


@pytest.mark.parametrize("value", ["Bearer", "Bearer  ", "bearer a b"])
def test_a_malformed_header_is_refused(edge: Edge, value: str) -> None:
    """Before any look-up."""
    assert (400, HEADER_MALFORMED) == brief(edge, headers=[("Authorization", value)])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "DELETE"])
def test_a_form_has_to_come_by_a_method_with_body_semantics(edge: Edge, method: str) -> None:
    """Section 2.2: the GET method MUST NOT be used; a body that cannot carry a token is not read."""
    assert (401, BARE) == brief(edge, **{**IN_FORM, "method": method})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_methods_with_body_semantics(edge: Edge, method: str) -> None:
    """Section 2.2."""
    assert (200, None) == brief(edge, **{**IN_FORM, "method": method})


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded; charset=utf-8", "APPLICATION/X-WWW-FORM-URLENCODED"]
)
def test_a_content_type_is_tolerated_with_parameters_and_in_any_case(edge: Edge, content_type: str) -> None:
    """RFC 9110 section 8.3.1."""
    assert (200, None) == brief(edge, **{**IN_FORM, "headers": [("Content-Type", content_type)]})


@pytest.mark.parametrize("coding", ["gzip", "identity", "aes128gcm"])
def test_a_body_with_a_content_encoding_is_not_looked_into(edge: Edge, coding: str) -> None:
    """It is not the entity-body that section 2.2 speaks of."""
    headers = [FORM, ("Content-Encoding", coding)]
    assert (401, BARE) == brief(edge, **{**IN_FORM, "headers": headers})


@pytest.mark.parametrize("body", [b"a=\xff", "access_token=good&a=ü".encode()])
def test_a_body_that_is_not_ascii_is_no_form_with_a_token(edge: Edge, body: bytes) -> None:
    """Section 2.2: MUST consist entirely of ASCII characters."""
    assert (400, NOT_ASCII) == brief(edge, **{**IN_FORM, "body": body})


@pytest.mark.parametrize("body", [b"a=\xff", b"a=" + b"x" * 20_000, b"access_token=good&a=\xff"])
def test_beside_a_token_a_body_that_cannot_be_looked_into_passes(edge: Edge, body: bytes) -> None:
    """A documented divergence: it is the application's, every byte of it."""
    app = App()
    headers = [FORM, *bearer("good")]
    reply = edge.answer(edge.guard(app, server()), **{**IN_FORM, "headers": headers, "body": body})
    assert (200, body) == (reply.status, app.body)


@pytest.mark.parametrize("headers", [[], [("Content-Length", "16385")], [("Content-Length", "9" * 5_000)]])
def test_a_body_over_the_limit_is_413(edge: Edge, headers: list[tuple[str, str]]) -> None:
    """By its announced length, or while reading."""
    body = b"a=" + b"x" * 16_383
    assert (413, TOO_LARGE) == brief(edge, **{**IN_FORM, "headers": [FORM, *headers], "body": body})


def test_a_body_of_just_the_limit_is_read(edge: Edge) -> None:
    """16 KiB by default."""
    body = b"access_token=good&a="
    assert (200, None) == brief(edge, **{**IN_FORM, "body": body + b"x" * (16_384 - len(body))})


def test_the_application_gets_the_body_byte_for_byte(edge: Edge) -> None:
    """Token and all: what a form means beside is the application's."""
    app, body = App(), b"&&a=%41+b;c&access_token=good&=&\r\n"
    reply = edge.answer(edge.guard(app, server()), **{**IN_FORM, "body": body})
    assert (200, body) == (reply.status, app.body)


def test_a_body_without_a_token_is_replayed_too(edge: Edge) -> None:
    """An anonymous form."""
    app = App()
    reply = edge.answer(edge.guard(app, server(), anonymous=True), **{**IN_FORM, "body": b"a=1"})
    assert (200, b"a=1", None) == (reply.status, app.body, app.authentication)
