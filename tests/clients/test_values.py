"""What a client is asked and what it answers, as values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from bearerguard.clients import HttpRequest, HttpResponse

QUESTION = HttpRequest(
    method="POST", url="https://as.example.org/", fields={"a": "s3cr3t"}, content=b"s3cr3t", timeout_seconds=2
)
ANSWER = HttpResponse(status=200, fields={"a": "s3cr3t"}, content=b"s3cr3t")


def test_the_names_of_fields_become_lower_case() -> None:
    """RFC 9110 section 5.1: they have no case, whatever a client of somebody's own makes of them."""
    response = HttpResponse(status=200, fields={"Content-Type": "Text/HTML", "ETAG": "X"}, content=b"")
    assert {"content-type": "Text/HTML", "etag": "X"} == response.fields


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json", "application/json"),
        ("Application/JSON ; charset=utf-8", "application/json"),
        ("\ttext/html\t;", "text/html"),
        (";x", ""),
        ("", ""),
    ],
)
def test_a_media_type_is_told_without_its_parameters(value: str, expected: str) -> None:
    """RFC 9110 section 8.3.1."""
    assert expected == HttpResponse(status=200, fields={"Content-Type": value}, content=b"").media_type


def test_without_the_field_there_is_no_media_type() -> None:
    """Nothing is guessed."""
    assert "" == HttpResponse(status=200, fields={}, content=b"").media_type


@pytest.mark.parametrize("value", [QUESTION, ANSWER])
def test_what_they_carry_does_not_show(value: Any) -> None:
    """A repr ends in a log."""
    assert "s3cr3t" not in repr(value)


@pytest.mark.parametrize(("value", "name"), [(QUESTION, "url"), (ANSWER, "status")])
def test_they_cannot_be_changed(value: Any, name: str) -> None:
    """A second try asks the same."""
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "other")
