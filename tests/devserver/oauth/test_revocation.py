"""Token revocation (RFC 7009) with the rule of MusicBrainz."""

from __future__ import annotations

from typing import Any

import pytest

from tests.devserver.support import Registered, Workshop


def revoke(workshop: Workshop, token: str, *, by: Registered, **form: str) -> None:
    """Revoke a token; the answer never says whether there was one."""
    whose = {} if by.application.is_confidential else {"client_id": by.client_id}
    secret = by if by.application.is_confidential else None
    response = workshop.post("/oauth2/revoke", {"token": token, **whose, **form}, by=secret)
    assert (200, {}) == (response.status_code, response.json)


def can_refresh(workshop: Workshop, tokens: dict[str, Any]) -> bool:
    """Whether the grant lives."""
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return workshop.post("/oauth2/token", asked, by=workshop.confidential).status_code == 200


HINTS = [
    {},
    {"token_type_hint": "access_token"},
    {"token_type_hint": "refresh_token"},
    {"token_type_hint": "odd"},
]
any_hint = pytest.mark.parametrize("hint", HINTS, ids=str)


@any_hint
def test_a_refresh_token_ends_the_whole_grant(workshop: Workshop, hint: dict[str, str]) -> None:
    """With every access token of it, whatever the hint says (RFC 7009 section 2.1)."""
    tokens = workshop.tokens(workshop.confidential)
    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    second = workshop.post("/oauth2/token", asked, by=workshop.confidential).json
    revoke(workshop, tokens["refresh_token"], by=workshop.confidential, **hint)
    assert not workshop.is_live(tokens["access_token"])
    assert not workshop.is_live(second["access_token"])
    assert not can_refresh(workshop, tokens)


@any_hint
def test_an_access_token_of_an_offline_grant_ends_alone(workshop: Workshop, hint: dict[str, str]) -> None:
    """The application goes on with its refresh token."""
    tokens = workshop.tokens(workshop.confidential)
    revoke(workshop, tokens["access_token"], by=workshop.confidential, **hint)
    assert not workshop.is_live(tokens["access_token"])
    assert can_refresh(workshop, tokens)


def test_an_access_token_of_an_online_grant_ends_the_grant(workshop: Workshop) -> None:
    """So the user is asked again: nothing of what was allowed is left."""
    first, second = (workshop.tokens(workshop.confidential, offline=False)["access_token"] for _ in range(2))
    revoke(workshop, second, by=workshop.confidential)
    assert (False, False) == (workshop.is_live(first), workshop.is_live(second))
    left = workshop.parts.grants.of("alice", workshop.confidential.client_id)
    assert all(grant.offline for grant in left)


def test_with_a_refresh_token_end_the_grants_that_nobody_was_asked_for(workshop: Workshop) -> None:
    """Else the application would not have to ask again; another offline grant is an answer of its own."""
    first, other = workshop.tokens(workshop.confidential), workshop.tokens(workshop.confidential)
    unasked = workshop.tokens(workshop.confidential, offline=False)["access_token"]
    revoke(workshop, first["refresh_token"], by=workshop.confidential)
    assert not workshop.is_live(unasked)
    assert (False, True) == (can_refresh(workshop, first), can_refresh(workshop, other))


def test_what_others_were_allowed_stays(workshop: Workshop) -> None:
    """Another application's grant of the same user."""
    kept = workshop.tokens(workshop.other, offline=False)["access_token"]
    token = workshop.tokens(workshop.confidential, offline=False)["access_token"]
    revoke(workshop, token, by=workshop.confidential)
    assert workshop.is_live(kept)


def test_the_token_of_an_application_ends_alone(workshop: Workshop) -> None:
    """There is no grant behind it."""
    asked = {"grant_type": "client_credentials"}
    first, second = (
        workshop.post("/oauth2/token", asked, by=workshop.confidential).json["access_token"] for _ in range(2)
    )
    revoke(workshop, first, by=workshop.confidential)
    assert (False, True) == (workshop.is_live(first), workshop.is_live(second))


def test_a_public_application_revokes_its_own(workshop: Workshop) -> None:
    """Its client_id says whose (RFC 7009 section 2.1)."""
    tokens = workshop.tokens(workshop.public)
    revoke(workshop, tokens["refresh_token"], by=workshop.public)
    assert not workshop.is_live(tokens["access_token"])


def test_the_tokens_of_others_stay(workshop: Workshop) -> None:
    """And nothing is said of them (RFC 7009 section 2.1)."""
    tokens = workshop.tokens(workshop.confidential)
    for by in (workshop.other, workshop.public):
        for kind in ("access_token", "refresh_token"):
            revoke(workshop, tokens[kind], by=by)
    assert workshop.is_live(tokens["access_token"])
    assert can_refresh(workshop, tokens)


@pytest.mark.parametrize("token", ["x", "bg_" + "a" * 49, "0" * 43, "é" * 9])
def test_garbage_is_200_too(workshop: Workshop, token: str) -> None:
    """What is not valid is revoked already (RFC 7009 section 2.2)."""
    revoke(workshop, token, by=workshop.confidential)


def test_revoking_twice_is_as_good_as_once(workshop: Workshop) -> None:
    """200 both times; the first instant stays."""
    token = workshop.tokens(workshop.confidential)["access_token"]
    revoke(workshop, token, by=workshop.confidential)
    revoked_at = workshop.record(token).revoked_at
    workshop.clock.move(5)
    revoke(workshop, token, by=workshop.confidential)
    assert revoked_at == workshop.record(token).revoked_at
