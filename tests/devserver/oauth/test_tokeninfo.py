"""The endpoint by which an application looks at its own token, as MusicBrainz documents it."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.devserver.support import Workshop


def look(workshop: Workshop, token: str, method: str) -> TestResponse:
    """Ask in the URL or in a form."""
    if method == "GET":
        return workshop.client().get("/oauth2/tokeninfo", query_string={"access_token": token})
    return workshop.post("/oauth2/tokeninfo", {"access_token": token})


both_methods = pytest.mark.parametrize("method", ["GET", "POST"])


@both_methods
@pytest.mark.parametrize(("offline", "access_type"), [(True, "offline"), (False, "online")])
def test_a_good_token_is_told(workshop: Workshop, method: str, *, offline: bool, access_type: str) -> None:
    """Whose it is, how far it reaches and for how long still."""
    token = workshop.tokens(workshop.confidential, offline=offline)["access_token"]
    workshop.clock.move(10)
    said: dict[str, Any] = look(workshop, token, method).json
    assert {
        "audience": workshop.confidential.client_id,
        "issued_to": workshop.confidential.client_id,
        "access_type": access_type,
        "token_type": "Bearer",
        "scope": "profile tag",
        "expires_in": 3590,
    } == said


@both_methods
def test_the_token_of_an_application_is_online(workshop: Workshop, method: str) -> None:
    """No refresh token comes with it."""
    asked = {"grant_type": "client_credentials"}
    token = workshop.post("/oauth2/token", asked, by=workshop.confidential).json["access_token"]
    said = look(workshop, token, method).json
    assert ("online", "", 3600) == (said["access_type"], said["scope"], said["expires_in"])


@both_methods
def test_what_is_not_good_is_invalid(workshop: Workshop, method: str) -> None:
    """A refresh token, garbage, what is expired: one answer."""
    tokens = workshop.tokens(workshop.confidential)
    workshop.clock.move(3600)
    for token in (tokens["access_token"], tokens["refresh_token"], "x", "bg_" + "a" * 49):
        response = look(workshop, token, method)
        assert (400, b'{"error":"invalid_token"}\n') == (response.status_code, response.data)
