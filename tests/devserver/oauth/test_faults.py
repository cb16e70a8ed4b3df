"""What goes wrong on purpose, and what goes wrong by itself."""

from __future__ import annotations

import pytest

from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import Workshop, error

ENDPOINTS = [
    "/oauth2/token",
    "/oauth2/revoke",
    "/oauth2/introspect",
    "/oauth2/tokeninfo",
    "/oauth2/userinfo",
    "/.well-known/oauth-authorization-server",
]


@pytest.fixture
def faulty(workshop: Workshop) -> Workshop:
    """A server whose switches are off again at the start of each test."""
    workshop.parts.faults.clear()
    return workshop


@pytest.mark.parametrize("path", ENDPOINTS)
def test_unavailable_is_a_503_that_says_when_to_come_back(faulty: Workshop, path: str) -> None:
    """RFC 9110 section 15.6.4; with the switch off again all is as before."""
    faulty.parts.faults.unavailable = True
    response = faulty.client().get(path)
    assert (503, "temporarily_unavailable", "Switched off on purpose.") == error(response)
    assert "1" == response.headers["Retry-After"]
    faulty.parts.faults.clear()
    assert 503 != faulty.client().get(path).status_code


def test_a_token_can_be_revoked_as_it_is_issued(faulty: Workshop) -> None:
    """It looks good to the application, and to nobody else; the refresh token goes on."""
    faulty.parts.faults.revoke_at_once = True
    tokens = faulty.tokens(faulty.confidential)
    assert not faulty.is_live(tokens["access_token"])
    faulty.parts.faults.clear()
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    newer = faulty.post("/oauth2/token", asked, by=faulty.confidential).json
    assert faulty.is_live(newer["access_token"])


@pytest.mark.parametrize("skew_seconds", [-7200.0, 7200.0])
def test_the_clock_can_be_wrong(faulty: Workshop, skew_seconds: float) -> None:
    """The server itself does not notice; others see instants from elsewhere."""
    faulty.parts.faults.clock_skew_seconds = skew_seconds
    token = faulty.tokens(faulty.confidential)["access_token"]
    said = faulty.post("/oauth2/introspect", {"token": token}, by=faulty.other).json
    assert (True, int(faulty.clock() + skew_seconds)) == (said["active"], said["iat"])
    assert 200 == faulty.client().get("/oauth2/userinfo", query_string={"access_token": token}).status_code


def test_a_file_that_is_gone_is_an_outage_and_no_answer_about_tokens(make_workshop: MakeWorkshop) -> None:
    """503 everywhere, so that no client throws a good token away; a code is not used up by it."""
    workshop = make_workshop()
    code = workshop.code(workshop.confidential)
    token = workshop.tokens(workshop.confidential)["access_token"]
    away = workshop.path.with_suffix(".away")
    workshop.path.rename(away)
    said = (503, "temporarily_unavailable", "The token store cannot be used at the moment.")
    for path, form in (
        ("/oauth2/revoke", {"token": token}),
        ("/oauth2/introspect", {"token": token}),
        ("/oauth2/token", {"grant_type": "authorization_code", "code": code}),
    ):
        response = workshop.post(path, form, by=workshop.confidential)
        assert said == error(response)
        assert "1" == response.headers["Retry-After"]
    assert said == error(workshop.post("/oauth2/tokeninfo", {"access_token": token}))
    userinfo = workshop.client().get("/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert (503, False) == (userinfo.status_code, "WWW-Authenticate" in userinfo.headers)
    away.rename(workshop.path)
    assert 200 == workshop.exchange(workshop.confidential, code).status_code
