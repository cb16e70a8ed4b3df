"""Refreshing (RFC 6749 section 6), with and without rotation (RFC 9700 section 4.14.2)."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from bearerguard.devserver.application import create_app
from bearerguard.devserver.settings import Settings
from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import Registered, Workshop, error

INVALID_GRANT = (
    400,
    "invalid_grant",
    "The code or refresh token is unknown, used, expired or revoked, or belongs to another application "
    "or redirect URI.",
)
INVALID_SCOPE = (
    400,
    "invalid_scope",
    "The scope is unknown, malformed, or more than the application may ask for.",
)


@pytest.fixture(scope="module")
def rotating(make_workshop: MakeWorkshop) -> Workshop:
    """A server that replaces refresh tokens."""
    return make_workshop(rotate_refresh_tokens=True)


def refresh(workshop: Workshop, refresh_token: str, *, by: Registered, **form: Any) -> TestResponse:
    """Ask for a new access token."""
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token, **form}
    if by.application.is_confidential:
        return workshop.post("/oauth2/token", asked, by=by)
    return workshop.post("/oauth2/token", {"client_id": by.client_id, **asked})


def test_a_refresh_token_stays_the_same(workshop: Workshop) -> None:
    """As MusicBrainz documents; the older access token lives on."""
    tokens = workshop.tokens(workshop.confidential)
    for _ in range(2):
        response = refresh(workshop, tokens["refresh_token"], by=workshop.confidential)
        assert 200 == response.status_code
        assert tokens["refresh_token"] == response.json["refresh_token"]
        assert tokens["access_token"] != response.json["access_token"]
        assert ("profile tag", 3600) == (response.json["scope"], response.json["expires_in"])
    assert workshop.is_live(tokens["access_token"])


def test_a_public_application_refreshes_without_a_secret(workshop: Workshop) -> None:
    """Its client_id says whose it is (RFC 6749 section 3.2.1)."""
    tokens = workshop.tokens(workshop.public)
    assert 200 == refresh(workshop, tokens["refresh_token"], by=workshop.public).status_code


def test_the_new_access_token_may_reach_less_far(workshop: Workshop) -> None:
    """And the next one as far as before (RFC 6749 section 6)."""
    refresh_token = workshop.tokens(workshop.confidential)["refresh_token"]
    response = refresh(workshop, refresh_token, by=workshop.confidential, scope="tag")
    assert ("tag", {"tag"}) == (
        response.json["scope"],
        workshop.record(response.json["access_token"]).scopes,
    )
    assert "profile tag" == refresh(workshop, refresh_token, by=workshop.confidential).json["scope"]


@pytest.mark.parametrize("scope", ["profile rating", "rating", "unknown", "tag  profile", " tag", 'tag "'])
def test_it_may_not_reach_further(workshop: Workshop, scope: str) -> None:
    """Than what the user allowed (RFC 6749 section 6)."""
    refresh_token = workshop.tokens(workshop.confidential)["refresh_token"]
    assert INVALID_SCOPE == error(refresh(workshop, refresh_token, by=workshop.confidential, scope=scope))


def test_the_refresh_token_of_another_application_is_refused_and_stays_good(workshop: Workshop) -> None:
    """It is bound to its application (RFC 6749 section 10.4)."""
    refresh_token = workshop.tokens(workshop.confidential)["refresh_token"]
    for by in (workshop.other, workshop.public):
        assert INVALID_GRANT == error(refresh(workshop, refresh_token, by=by))
    assert 200 == refresh(workshop, refresh_token, by=workshop.confidential).status_code


def test_only_a_refresh_token_refreshes(workshop: Workshop) -> None:
    """No access token, no code, no garbage."""
    tokens, code = workshop.tokens(workshop.confidential), workshop.code(workshop.confidential)
    for text in (tokens["access_token"], code, "x", "0" * 43):
        assert INVALID_GRANT == error(refresh(workshop, text, by=workshop.confidential))


def test_rotation_replaces_the_refresh_token(rotating: Workshop) -> None:
    """Each use gives a new one, which works."""
    tokens = rotating.tokens(rotating.public)
    second = refresh(rotating, tokens["refresh_token"], by=rotating.public).json
    third = refresh(rotating, second["refresh_token"], by=rotating.public).json
    assert 3 == len({tokens["refresh_token"], second["refresh_token"], third["refresh_token"]})
    assert rotating.is_live(third["access_token"])


def test_the_use_of_a_replaced_refresh_token_ends_the_grant(rotating: Workshop) -> None:
    """One of the two who have it is a thief (RFC 9700 section 4.14.2)."""
    tokens = rotating.tokens(rotating.confidential)
    newer = refresh(rotating, tokens["refresh_token"], by=rotating.confidential).json
    assert INVALID_GRANT == error(refresh(rotating, tokens["refresh_token"], by=rotating.confidential))
    assert INVALID_GRANT == error(refresh(rotating, newer["refresh_token"], by=rotating.confidential))
    assert not rotating.is_live(tokens["access_token"])
    assert not rotating.is_live(newer["access_token"])


def test_a_replaced_refresh_token_stays_replaced_when_rotation_is_switched_off(rotating: Workshop) -> None:
    """The settings are those of one start; what was replaced before is no good after the next."""
    tokens = rotating.tokens(rotating.confidential)
    newer = refresh(rotating, tokens["refresh_token"], by=rotating.confidential).json
    settled = copy(rotating)
    settled.parts = replace(rotating.parts, settings=Settings())
    settled.app = create_app(settled.parts)
    settled.app.config["PREFERRED_URL_SCHEME"] = "https"
    assert INVALID_GRANT == error(refresh(settled, tokens["refresh_token"], by=rotating.confidential))
    assert not rotating.is_live(newer["access_token"])


def test_a_refused_request_replaces_nothing(rotating: Workshop) -> None:
    """A scope too many must not cost the application its refresh token."""
    refresh_token = rotating.tokens(rotating.confidential)["refresh_token"]
    assert INVALID_SCOPE == error(refresh(rotating, refresh_token, by=rotating.confidential, scope="rating"))
    assert 200 == refresh(rotating, refresh_token, by=rotating.confidential).status_code


def test_another_application_that_uses_a_replaced_one_ends_nothing(rotating: Workshop) -> None:
    """Nobody ends the grants of others."""
    tokens = rotating.tokens(rotating.confidential)
    newer = refresh(rotating, tokens["refresh_token"], by=rotating.confidential).json
    assert INVALID_GRANT == error(refresh(rotating, tokens["refresh_token"], by=rotating.other))
    assert rotating.is_live(newer["access_token"])
