"""Verdicts: every way in which an answer can be wrong is a surprise."""

from __future__ import annotations

import pytest

from bearerguard.demo.answers import Answer
from bearerguard.demo.events import is_late
from bearerguard.demo.judging import Expected, passed, refused, surprises, unavailable
from bearerguard.errors import InsufficientScope, MissingCredentials

CHALLENGE = (
    'Bearer realm="musicbrainz", error="insufficient_scope", '
    'error_description="The access token does not carry the scope that this needs.", scope="tag"'
)
BODY = (
    b'{"error":"insufficient_scope",'
    b'"error_description":"The access token does not carry the scope that this needs.","scope":"tag"}'
)
NO_STORE = {"cache-control": "no-store"}
FORBIDDEN = refused(InsufficientScope(("tag",)))


def test_a_refusal_is_expected_to_the_letter() -> None:
    """RFC 6750 section 3: status, challenge, body, and nothing kept in a cache."""
    answer = Answer(403, {"www-authenticate": CHALLENGE, **NO_STORE}, BODY)
    assert [] == surprises(FORBIDDEN, answer)


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (Answer(401, {"www-authenticate": CHALLENGE, **NO_STORE}, BODY), "status: expected 403, came 401"),
        (Answer(403, NO_STORE, BODY), f"challenge: expected {CHALLENGE!r}, came None"),
        (Answer(403, {"www-authenticate": CHALLENGE}, BODY), "cache-control: expected 'no-store', came None"),
        (Answer(0, failure="ReadTimeout"), "no answer: ReadTimeout"),
    ],
)
def test_a_refusal_that_differs_is_a_surprise(answer: Answer, first: str) -> None:
    """Each part counts."""
    assert first == surprises(FORBIDDEN, answer)[0]


@pytest.mark.parametrize("body", [b"", b"<p>Forbidden</p>", b"[]", b'{"error":"insufficient_scope"}'])
def test_another_body_is_a_surprise(body: bytes) -> None:
    """Also one that is no JSON object at all."""
    answer = Answer(403, {"www-authenticate": CHALLENGE, **NO_STORE}, body)
    assert ["body"] == [one.partition(":")[0] for one in surprises(FORBIDDEN, answer)]


def test_a_bare_challenge_has_an_empty_body() -> None:
    """RFC 6750 section 3.1: no error code for a request without a token."""
    answer = Answer(401, {"www-authenticate": 'Bearer realm="musicbrainz"', **NO_STORE})
    assert [] == surprises(refused(MissingCredentials()), answer)


def test_an_outage_with_a_challenge_is_a_surprise() -> None:
    """A challenge would make a client throw a good token away."""
    expected: Expected = unavailable()
    answer = Answer(503, {"www-authenticate": "Bearer", "retry-after": "1", **NO_STORE}, b"{}")
    assert "challenge: expected None, came 'Bearer'" == surprises(expected, answer)[0]


def test_a_member_that_should_be_missing_is_a_surprise() -> None:
    """The address is for tokens that reach that far."""
    answer = Answer(200, {}, b'{"sub":"bob","email":"bob@musicbrainz.example"}')
    assert ["email: expected None, came 'bob@musicbrainz.example'"] == surprises(
        passed(sub="bob", missing=("email",)), answer
    )


@pytest.mark.parametrize(("seconds", "expected"), [(0.9, False), (3.0, False), (3.1, True)])
def test_a_revocation_may_take_the_caches_age_and_some_more(seconds: float, expected: bool) -> None:
    """One second of age, and two that a busy machine may add."""
    assert expected == is_late(seconds, within_seconds=1.0)
