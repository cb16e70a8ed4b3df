"""Who a token speaks for: a resource behind our own guard (RFC 6750)."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from bearerguard.devserver.registering import add_user
from bearerguard.stores import issue
from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import Workshop

PATH = "/oauth2/userinfo"
PROFILE = {"sub": "alice", "profile": "https://localhost/user/alice"}
EMAIL = {"email": "alice@example.org", "email_verified": True}


def by_header(workshop: Workshop, token: str) -> TestResponse:
    return workshop.client().get(PATH, headers={"Authorization": f"Bearer {token}"})


def by_form(workshop: Workshop, token: str) -> TestResponse:
    return workshop.client().post(PATH, data={"access_token": token})


def by_query(workshop: Workshop, token: str) -> TestResponse:
    return workshop.client().get(PATH, query_string={"access_token": token})


def token_of(workshop: Workshop, scope: str) -> str:
    return str(workshop.tokens(workshop.confidential, scope=scope)["access_token"])


def challenge(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("ask", [by_header, by_form, by_query])
def test_the_user_is_told_with_the_address_where_the_scope_says_so(workshop: Workshop, ask: Any) -> None:
    """By header, form and query (RFC 6750 section 2)."""
    assert PROFILE == ask(workshop, token_of(workshop, "profile")).json
    assert PROFILE | EMAIL == ask(workshop, token_of(workshop, "profile email")).json


def test_a_user_without_an_address_has_none(workshop: Workshop) -> None:
    """And a name that stands in a URL is encoded."""
    add_user(workshop.parts, "zoë/b", "a password")
    token, record = issue(subject="zoë/b", scopes=["profile", "email"], now=workshop.clock)
    workshop.parts.store.add(record)
    said = {"sub": "zoë/b", "profile": "https://localhost/user/zo%C3%AB%2Fb"}
    assert said == by_header(workshop, token).json


def test_the_scope_profile_is_asked_for(workshop: Workshop) -> None:
    """403 that names it (RFC 6750 section 3.1)."""
    said = (
        'Bearer realm="userinfo", error="insufficient_scope", '
        'error_description="The access token does not carry the scope that this needs.", scope="profile"'
    )
    assert (403, said) == challenge(by_header(workshop, token_of(workshop, "tag")))


def test_where_there_is_no_such_scope_any_user_token_will_do(make_workshop: MakeWorkshop) -> None:
    """A server with scopes of its own."""
    other = make_workshop(scopes={"read": "Read all of it"})
    assert PROFILE == by_header(other, token_of(other, "read")).json


def test_a_token_without_a_user_is_told_so(workshop: Workshop) -> None:
    """403: more scope would not help."""
    asked = {"grant_type": "client_credentials", "scope": "profile"}
    token = workshop.post("/oauth2/token", asked, by=workshop.confidential).json["access_token"]
    response = by_header(workshop, token)
    assert 403 == response.status_code
    assert {
        "error": "access_denied",
        "error_description": "This token is an application's: it has no user.",
    } == response.json


def test_no_token_and_a_bad_one_are_refused_as_everywhere(workshop: Workshop) -> None:
    """401 (RFC 6750 section 3)."""
    assert (401, 'Bearer realm="userinfo"') == challenge(workshop.client().get(PATH))
    token = token_of(workshop, "profile")
    workshop.clock.move(3600)
    for bad in (token, "x", "bg_" + "a" * 49):
        status, said = challenge(by_header(workshop, bad))
        assert (401, True) == (status, 'error="invalid_token"' in said)


@pytest.mark.parametrize("kind", ["refresh_token", "code"])
def test_only_an_access_token_opens_it(workshop: Workshop, kind: str) -> None:
    """Neither the refresh token nor the code."""
    tokens = workshop.tokens(workshop.confidential)
    secret = tokens["refresh_token"] if kind == "refresh_token" else workshop.code(workshop.confidential)
    assert 401 == by_header(workshop, secret).status_code


def test_a_token_in_two_places_or_twice_is_refused(workshop: Workshop) -> None:
    """RFC 6750 sections 2 and 3.1."""
    token = token_of(workshop, "profile")
    client = workshop.client()
    twice = client.get(f"{PATH}?access_token={token}&access_token={token}")
    both = client.get(f"{PATH}?access_token={token}", headers={"Authorization": f"Bearer {token}"})
    assert (400, 400) == (twice.status_code, both.status_code)


def test_answers_are_not_kept(workshop: Workshop) -> None:
    """They are one user's."""
    assert "no-store" == by_query(workshop, token_of(workshop, "profile")).headers["Cache-Control"]
