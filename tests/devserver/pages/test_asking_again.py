"""Who has to be asked, and who has been asked before (approval_prompt); and the implicit grant."""

from __future__ import annotations

import pytest

from bearerguard.devserver.registering import add_user
from tests.devserver.pages.conftest import build
from tests.devserver.pages.visiting import Visitor, answer, authorize_url, element, hidden, shown
from tests.devserver.support import CALLBACK, Registered, Workshop


@pytest.fixture
def by(shop: Workshop) -> Registered:
    """An application that nobody has allowed anything."""
    return shop.register("Asker <i>")


def test_who_has_allowed_as_much_before_is_not_asked_again(
    shop: Workshop, visitor: Visitor, by: Registered
) -> None:
    """approval_prompt=auto: at once a code, but no second refresh token."""
    offline = {"access_type": "offline"}
    visitor.decide(authorize_url(by, **offline))
    response = visitor.get(authorize_url(by, scope="tag", **offline))
    assert 302 == response.status_code
    tokens = shop.exchange(by, answer(response)["code"], redirect_uri=CALLBACK).json
    assert ("tag", False) == (tokens["scope"], "refresh_token" in tokens)


def test_who_has_allowed_it_online_only_is_asked_for_the_rest(visitor: Visitor, by: Registered) -> None:
    """To act while somebody is away is more than to act while he is there."""
    visitor.decide(authorize_url(by))
    assert 200 == visitor.get(authorize_url(by, access_type="offline")).status_code


def test_a_server_may_give_a_refresh_token_with_each_authorization(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """`default_access_type="offline"`: for clients that do not know access_type; what is named counts."""
    shop = build(tmp_path_factory, default_access_type="offline")
    visitor, by = Visitor(shop), shop.confidential
    given = []
    for response in (
        visitor.decide(authorize_url(by)),
        visitor.get(authorize_url(by)),
        visitor.get(authorize_url(by, access_type="online")),
    ):
        tokens = shop.exchange(by, answer(response)["code"], redirect_uri=CALLBACK).json
        given.append("refresh_token" in tokens)
    assert [True, True, False] == given


def test_the_query_of_a_redirect_uri_comes_back_to_the_letter(shop: Workshop, visitor: Visitor) -> None:
    """RFC 6749 section 3.1.2: it must be retained."""
    uri = f"{CALLBACK}?a=b%20c&flag"
    by = shop.register(redirect_uris=(uri,))
    location = visitor.decide(authorize_url(by, redirect_uri=uri)).headers["Location"]
    assert location.startswith(f"{uri}&code=")


@pytest.mark.parametrize("more", [{"approval_prompt": "force"}, {"scope": "profile tag email"}])
def test_who_is_to_be_asked_again_or_for_more_is_asked(
    visitor: Visitor, by: Registered, more: dict[str, str]
) -> None:
    """approval_prompt=force asks always."""
    visitor.decide(authorize_url(by))
    assert 200 == visitor.get(authorize_url(by, **more)).status_code


def test_who_has_taken_a_grant_back_is_asked_again(shop: Workshop, visitor: Visitor, by: Registered) -> None:
    """A revoked grant is none."""
    visitor.decide(authorize_url(by))
    (grant,) = shop.parts.grants.of("alice", by.client_id)
    shop.parts.grants.revoke(grant.grant_id, at=shop.clock())
    assert 200 == visitor.get(authorize_url(by)).status_code


def test_another_user_is_asked(shop: Workshop, visitor: Visitor, by: Registered) -> None:
    """What one has allowed counts for that one."""
    add_user(shop.parts, "carol", "another password")
    visitor.decide(authorize_url(by))
    carol = Visitor(shop, logged_in=False)
    carol.log_in("/login", "carol", "another password")
    assert "carol" == element(carol.get(authorize_url(by)), "#user")


def test_a_public_application_is_always_asked_about(shop: Workshop, visitor: Visitor) -> None:
    """RFC 8252 section 8.6: nobody can tell whether it is the same one."""
    visitor.decide(authorize_url(shop.public))
    assert 200 == visitor.get(authorize_url(shop.public)).status_code


def test_the_implicit_grant_answers_in_the_fragment(lenient: Workshop) -> None:
    """RFC 6749 section 4.2.2: a token, and no refresh token; errors there too."""
    visitor = Visitor(lenient)
    url = authorize_url(lenient.public, response_type="token", access_type="offline")
    assert "while you are away" not in visitor.get(url).text
    response = visitor.decide(url)
    assert (303, True) == (response.status_code, response.headers["Location"].startswith(CALLBACK + "#"))
    got = answer(response)
    assert {"token_type": "Bearer", "expires_in": "3600", "scope": "profile tag", "state": "a state"} == {
        name: value for name, value in got.items() if name != "access_token"
    }
    assert lenient.is_live(got["access_token"])
    location = visitor.decide(url, "deny").headers["Location"]
    assert location.startswith(CALLBACK + "#error=access_denied&")


def test_another_user_can_take_over(shop: Workshop, by: Registered) -> None:
    """Whoever is not the one that is logged in says so on the page and logs in there."""
    visitor = Visitor(shop, anew=True)
    add_user(shop.parts, "bob", "another password")
    url = authorize_url(by)
    old = hidden(visitor.get(url), "consent")
    response = visitor.post(url, hidden(visitor.get(url), "logout"))
    assert (303, url) == (response.status_code, response.headers["Location"])
    visitor.log_in(url, "bob", "another password")
    assert "bob" == element(visitor.get(url), "#user")
    assert (400, "This form does not count") == shown(visitor.post(url, old | {"decision": "allow"}))[:2]
