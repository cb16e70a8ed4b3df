"""The implicit grant, behind its switch (RFC 6749 section 4.2, RFC 9700 section 2.1.2)."""

from __future__ import annotations

import pytest
from authlib.oauth2 import OAuth2Error

from bearerguard.devserver.records import PUBLIC
from tests.devserver.oauth.conftest import MakeWorkshop
from tests.devserver.support import Workshop

TOKEN = {"response_type": "token", "offline": False}


@pytest.fixture(scope="module")
def allowing(make_workshop: MakeWorkshop) -> Workshop:
    """A server with the switch."""
    return make_workshop(allow_implicit=True)


def test_the_token_comes_in_the_redirect(allowing: Workshop) -> None:
    """Without a refresh token, and with what was allowed (RFC 6749 section 4.2.2)."""
    answer = allowing.allow(allowing.public, **TOKEN, state="abc")
    assert {"access_token", "token_type", "expires_in", "scope", "state"} == answer.keys()
    assert ("Bearer", "3600", "profile tag", "abc") == tuple(
        answer[name] for name in ("token_type", "expires_in", "scope", "state")
    )
    record = allowing.record(answer["access_token"])
    assert ("alice", allowing.public.client_id) == (record.subject, record.client_id)


def test_what_was_allowed_is_online(allowing: Workshop) -> None:
    """So revoking the token ends it all, though the request said otherwise."""
    token = allowing.allow(allowing.public, response_type="token", offline=True)["access_token"]
    form = {"token": token, "client_id": allowing.public.client_id}
    assert 200 == allowing.post("/oauth2/revoke", form).status_code
    assert not allowing.is_live(token)
    left = allowing.parts.grants.of("alice", allowing.public.client_id)
    assert all(grant.offline for grant in left)


@pytest.mark.parametrize("kind", ["confidential", "other"])
def test_a_confidential_application_gets_none(allowing: Workshop, kind: str) -> None:
    """It can do better; that is told in the fragment, where it looks (RFC 6749 section 4.2.2.1)."""
    with pytest.raises(OAuth2Error) as caught:
        allowing.allow(getattr(allowing, kind), **TOKEN)
    assert ("unauthorized_client", True) == (caught.value.error, caught.value.redirect_fragment)


def test_a_page_shows_no_token(allowing: Workshop) -> None:
    """Nothing is redirected there."""
    with pytest.raises(OAuth2Error) as caught:
        allowing.allow(allowing.installed, redirect_uri="urn:ietf:wg:oauth:2.0:oob", **TOKEN)
    assert ("invalid_request", None) == (caught.value.error, caught.value.redirect_uri)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"scope": "unknown"}, "invalid_scope"),
        ({"redirect_uri": "https://evil.example"}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_client"),
    ],
)
def test_what_is_asked_for_is_checked(allowing: Workshop, parameters: dict[str, str], expected: str) -> None:
    """As for a code."""
    with pytest.raises(OAuth2Error) as caught:
        allowing.allow(allowing.public, **TOKEN, **parameters)
    assert expected == caught.value.error


def test_without_the_switch_there_is_no_such_grant(workshop: Workshop) -> None:
    """RFC 9700 section 2.1.2."""
    public = workshop.register("App", kind=PUBLIC)
    with pytest.raises(OAuth2Error) as caught:
        workshop.allow(public, **TOKEN)
    assert "unsupported_response_type" == caught.value.error
