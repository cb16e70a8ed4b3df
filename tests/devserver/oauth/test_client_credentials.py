"""The client credentials grant (RFC 6749 section 4.4), and grant types that there are not."""

from __future__ import annotations

import pytest

from tests.devserver.support import Workshop, error

INVALID_SCOPE = (
    400,
    "invalid_scope",
    "The scope is unknown, malformed, or more than the application may ask for.",
)
ASKED = {"grant_type": "client_credentials"}


def test_an_application_gets_a_token_for_itself(workshop: Workshop) -> None:
    """Without a user, and without a refresh token (RFC 6749 section 4.4.3)."""
    response = workshop.post("/oauth2/token", {**ASKED, "scope": "tag rating"}, by=workshop.confidential)
    assert {"access_token", "expires_in", "scope", "token_type"} == response.json.keys()
    record = workshop.record(response.json["access_token"])
    assert (None, workshop.confidential.client_id) == (record.subject, record.client_id)
    assert ("rating tag", {"rating", "tag"}) == (response.json["scope"], record.scopes)


def test_without_a_scope_the_token_has_none(workshop: Workshop) -> None:
    """What an application may do by itself it asks for (RFC 6749 section 3.3)."""
    response = workshop.post("/oauth2/token", ASKED, by=workshop.confidential)
    assert ("", frozenset()) == (
        response.json["scope"],
        workshop.record(response.json["access_token"]).scopes,
    )


@pytest.mark.parametrize("scope", ["unknown", "tag unknown", "tag  rating", ' tag"', "TAG"])
def test_an_unknown_scope_is_refused(workshop: Workshop, scope: str) -> None:
    """RFC 6749 section 5.2."""
    response = workshop.post("/oauth2/token", {**ASKED, "scope": scope}, by=workshop.confidential)
    assert INVALID_SCOPE == error(response)


def test_a_scope_that_the_application_may_not_ask_for_is_refused(workshop: Workshop) -> None:
    """Its registration says which it may."""
    narrow = workshop.register("Narrow", scopes=["tag"])
    assert INVALID_SCOPE == error(workshop.post("/oauth2/token", {**ASKED, "scope": "rating"}, by=narrow))
    assert 200 == workshop.post("/oauth2/token", {**ASKED, "scope": "tag"}, by=narrow).status_code


def test_a_public_application_gets_none(workshop: Workshop) -> None:
    """It cannot show who it is (RFC 6749 section 4.4)."""
    response = workshop.post("/oauth2/token", {**ASKED, "client_id": workshop.public.client_id})
    said = "The application may not get tokens in this way."
    assert (400, "unauthorized_client", said) == error(response)


@pytest.mark.parametrize(
    "grant_type",
    ["password", "implicit", "Client_Credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
)
def test_another_grant_type_is_refused(workshop: Workshop, grant_type: str) -> None:
    """Without repeating it (RFC 6749 section 5.2)."""
    response = workshop.post("/oauth2/token", {"grant_type": grant_type}, by=workshop.confidential)
    assert (400, "unsupported_grant_type", "This grant_type is not supported.") == error(response)


@pytest.mark.parametrize("token_type", ["bearer", "Bearer", "BEARER", ""])
def test_bearer_tokens_may_be_asked_for_by_name(workshop: Workshop, token_type: str) -> None:
    """In any case (RFC 6749 section 5.1)."""
    response = workshop.post("/oauth2/token", {**ASKED, "token_type": token_type}, by=workshop.confidential)
    assert 200 == response.status_code


@pytest.mark.parametrize("token_type", ["mac", "DPoP", "bearer "])
def test_another_kind_of_token_is_refused(workshop: Workshop, token_type: str) -> None:
    """Rather than given as something else."""
    response = workshop.post("/oauth2/token", {**ASKED, "token_type": token_type}, by=workshop.confidential)
    assert (400, "invalid_request", "The only token_type is bearer.") == error(response)
