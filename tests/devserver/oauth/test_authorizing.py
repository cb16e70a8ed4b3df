"""What the pages hand over is checked once more by who gives the code (RFC 6749 section 4.1.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2 import OAuth2Error

from bearerguard.devserver.oauth.asked import hand_over
from bearerguard.devserver.oauth.errors import describe
from bearerguard.devserver.oauth.server import server_of
from tests.devserver.support import CALLBACK, ISSUER, S256, VERIFIER, Workshop

STRANGER = "https://stranger.example/cb"
NOT_THIS_SCOPE = "The scope is unknown, malformed, or more than the application may ask for."


@pytest.mark.parametrize(
    ("parameters", "code", "said", "goes_to"),
    [
        ({"client_id": "stranger"}, "invalid_client", None, None),
        ({"redirect_uri": STRANGER}, "invalid_request", None, None),
        ({"response_type": "stranger"}, "unsupported_response_type", None, CALLBACK),
        ({"scope": "stranger"}, "invalid_scope", NOT_THIS_SCOPE, CALLBACK),
        ({"scope": "tag  profile"}, "invalid_scope", NOT_THIS_SCOPE, CALLBACK),
        ({"scope": ""}, "invalid_scope", NOT_THIS_SCOPE, CALLBACK),
        (
            {"code_challenge": "", "code_challenge_method": ""},
            "invalid_request",
            "Required parameter is missing: code_challenge",
            CALLBACK,
        ),
        (
            {"code_challenge": ""},
            "invalid_request",
            "code_challenge_method needs a code_challenge.",
            CALLBACK,
        ),
        (
            {"code_challenge": "a" * 42},
            "invalid_request",
            "code_challenge must be 43 to 128 letters, digits and -._~",
            CALLBACK,
        ),
        (
            {"code_challenge": VERIFIER, "code_challenge_method": "s256"},
            "invalid_request",
            "code_challenge_method must be S256 or plain.",
            CALLBACK,
        ),
    ],
)
def test_what_cannot_be_granted_is_not(
    workshop: Workshop, parameters: dict[str, str], code: str, said: str | None, goes_to: str | None
) -> None:
    """Told to the application only where it is known whose request it is (RFC 6749 section 4.1.2.1)."""
    asked = {"response_type": "code", "client_id": workshop.public.client_id, "scope": "tag", **S256}
    asked = {name: value for name, value in (asked | parameters).items() if value}
    with workshop.app.test_request_context(base_url=ISSUER):
        hand_over(asked)
        with pytest.raises(OAuth2Error) as caught:
            server_of(workshop.app).get_consent_grant(end_user=workshop.alice)
    assert (code, goes_to) == (caught.value.error, caught.value.redirect_uri)
    assert said in (None, describe(caught.value))
    assert "stranger" not in describe(caught.value)


def test_a_scope_beyond_the_registration_is_refused(workshop: Workshop) -> None:
    """The user is not even asked."""
    narrow = workshop.register("Narrow", scopes=["tag"])
    with pytest.raises(OAuth2Error) as caught:
        workshop.allow(narrow, scope="tag profile")
    assert "invalid_scope" == caught.value.error


def test_who_says_no_gives_nothing(workshop: Workshop) -> None:
    """The application hears of it, with its state (RFC 6749 section 4.1.2.1)."""
    by = workshop.confidential
    before = workshop.parts.grants.of("alice", by.client_id)
    server: Any = server_of(workshop.app)
    with workshop.app.test_request_context(base_url=ISSUER):
        hand_over({"response_type": "code", "client_id": by.client_id, "scope": "tag", "state": "a b"})
        response = server.create_authorization_response(grant=server.get_consent_grant())
    location = urlsplit(response.headers["Location"])
    assert {
        "error": ["access_denied"],
        "error_description": ["The user has said no."],
        "state": ["a b"],
    } == parse_qs(location.query)
    assert CALLBACK == location._replace(query="").geturl()
    assert before == workshop.parts.grants.of("alice", by.client_id)
