"""Refusals and failures: their texts are sent to strangers, their str() is for logs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bearerguard import errors
from bearerguard.request import BodyNotRead
from bearerguard.wire.fields import is_plain_quotable

ALL = [
    errors.InsecureTransport(),
    errors.MissingCredentials(),
    errors.InvalidRequest("Why."),
    BodyNotRead("Why.", 413),
    errors.InvalidToken(errors.Reason.EXPIRED),
    errors.InsufficientScope(("a",)),
]


@pytest.mark.parametrize("refusal", ALL, ids=lambda refusal: type(refusal).__name__)
def test_a_description_can_stand_in_a_challenge(refusal: errors.Refusal) -> None:
    """RFC 6750 section 3: error_description is %x20-21 / %x23-5B / %x5D-7E."""
    assert is_plain_quotable(refusal.description)


@pytest.mark.parametrize("failure", [*ALL, errors.Unavailable("it", 9)], ids=lambda one: type(one).__name__)
def test_a_copy_is_the_same(failure: errors.Refusal) -> None:
    """Whoever shared a look-up gets one of his own."""
    same = copy.copy(failure)
    assert (type(failure), failure.args, vars(failure)) == (type(same), same.args, vars(same))


def test_what_the_log_says() -> None:
    """More than the wire does."""
    expected = ["plain http", "no token", "Why.", "Why.", "expired", "insufficient scope"]
    assert expected == [str(refusal) for refusal in ALL]
    assert "it" == str(errors.Unavailable("it"))


def test_how_they_are_related() -> None:
    """Three answers, never two: an outage is not a refusal."""
    assert not issubclass(errors.Unavailable, errors.Refusal)
    assert issubclass(errors.Refusal, errors.BearerGuardError)
    assert not issubclass(errors.ConfigurationError, errors.Refusal)


@pytest.mark.parametrize("scopes", [("tag",), ["tag"], {"tag"}, "tag"])
def test_an_application_may_name_the_scopes_in_any_collection(scopes: Any) -> None:
    """The answer is kept by them, and a list would have been a 500."""
    assert ("tag",) == errors.InsufficientScope(scopes).scopes
