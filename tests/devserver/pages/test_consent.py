"""Consent: what a person is told, and that only their own answer counts, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bearerguard.devserver.secrets import digest_of
from tests.devserver.pages.visiting import (
    COOKIE,
    Visitor,
    answer,
    authorize_url,
    element,
    hidden,
    shown,
    title,
)
from tests.devserver.support import CALLBACK, Registered, Workshop

STALE = (
    400,
    "This form does not count",
    "It is too old, or it did not come from a page of this server. "
    "Nothing was granted. Go back to the application and start again from there.",
)
TWICE = (
    400,
    "This has been answered already",
    "Your first answer counts, and the application has got it. Go back to the application; "
    "if it still waits, start again from there.",
)


def grants(shop: Workshop, by: Registered) -> int:
    return len(shop.parts.grants.of("alice", by.client_id))


@pytest.fixture
def by(shop: Workshop) -> Registered:
    """An application that nobody has allowed anything."""
    return shop.register("Asker <i>")


def test_the_page_says_who_asks_for_what_and_where_the_answer_goes(visitor: Visitor, by: Registered) -> None:
    """RFC 6749 section 10.2: a person can only consent to what is told, and names are text."""
    page = visitor.get(authorize_url(by, access_type="offline"))
    assert (200, "Allow Asker <i> to use your account?") == (page.status_code, title(page))
    assert "Asker &lt;i&gt;" in page.text
    for line in (
        "See your public profile",
        "See and change your private tags",
        "Do this while you are away too",
        "A confidential application: it runs on a server.",
        "not for production",
    ):
        assert line in page.text
    assert "See your e-mail address" not in page.text
    assert ("client.example.org", "alice") == (element(page, "#place"), element(page, "#user"))


@pytest.mark.parametrize(
    ("redirect_uri", "place"),
    [
        ("http://localhost:8000/cb", "a program on this computer (localhost:8000)"),
        ("http://[::1]:8000/cb", "a program on this computer ([::1]:8000)"),
        ("org.example.app:/cb", "an application on this device (org.example.app)"),
        ("urn:ietf:wg:oauth:2.0:oob", "a page here that shows you a code to copy"),
    ],
)
def test_the_page_says_it_of_installed_applications_too(
    shop: Workshop, visitor: Visitor, redirect_uri: str, place: str
) -> None:
    """RFC 8252 section 8.6: others can pretend to be it, so the person is warned."""
    by = shop.register("App", kind="public", installed=True, redirect_uris=["org.example.app:/cb"])
    page = visitor.get(authorize_url(by, redirect_uri=redirect_uri))
    assert place == element(page, "#place")
    assert "An installed application: it runs on your own device." in page.text
    assert "Others can pretend to be this application." in page.text
    assert "Do this while you are away too" in page.text


def test_who_allows_is_sent_back_with_a_code_and_the_exact_state(
    shop: Workshop, visitor: Visitor, by: Registered
) -> None:
    """RFC 6749 section 4.1.2; 303, so that no browser posts the form on (RFC 9700 section 4.12)."""
    response = visitor.decide(authorize_url(by, state="é &=+%41"))
    assert 303 == response.status_code
    assert response.headers["Location"].startswith(CALLBACK + "?")
    assert {"code", "state"} == answer(response).keys()
    assert "é &=+%41" == answer(response)["state"]
    assert answer(response)["code"] not in response.text
    code = shop.parts.grants.find_code(digest_of(answer(response)["code"]))
    assert code is not None
    grant = shop.parts.grants.find(code.grant_id)
    assert grant is not None
    assert ("alice", {"profile", "tag"}, False) == (grant.user, grant.scopes, grant.offline)


@pytest.mark.parametrize(("access_type", "has_one"), [("offline", True), ("online", False), (None, False)])
def test_only_offline_gives_a_refresh_token(
    shop: Workshop, visitor: Visitor, by: Registered, access_type: str | None, has_one: bool
) -> None:
    """As MusicBrainz has it: online, the default, ends with the access token."""
    code = answer(visitor.decide(authorize_url(by, access_type=access_type)))["code"]
    tokens = shop.exchange(by, code, redirect_uri=CALLBACK).json
    assert has_one == ("refresh_token" in tokens)


def test_who_denies_is_sent_back_with_access_denied(shop: Workshop, visitor: Visitor, by: Registered) -> None:
    """RFC 6749 section 4.1.2.1: and nothing is granted."""
    response = visitor.decide(authorize_url(by), "deny")
    told = {"error": "access_denied", "error_description": "The user has said no.", "state": "a state"}
    assert (303, told) == (response.status_code, answer(response))
    assert 0 == grants(shop, by)


@pytest.mark.parametrize("first", ["allow", "deny"])
@pytest.mark.parametrize("second", ["allow", "deny"])
def test_an_answer_counts_once(
    shop: Workshop, visitor: Visitor, by: Registered, first: str, second: str
) -> None:
    """A form that is posted twice says that it was answered already, and what to do."""
    url = authorize_url(by)
    form = hidden(visitor.get(url), "consent")
    assert 303 == visitor.post(url, form | {"decision": first}).status_code
    assert TWICE == shown(visitor.post(url, form | {"decision": second}))
    assert (first == "allow") == grants(shop, by)


def test_of_many_posts_at_once_one_counts(shop: Workshop, visitor: Visitor, by: Registered) -> None:
    """A double click is one consent."""
    url = authorize_url(by)
    form = hidden(visitor.get(url), "consent") | {"decision": "allow"}

    def post(_: int) -> int:
        client = shop.client()
        client.set_cookie(COOKIE, visitor.cookie(), secure=True)
        return client.post(url, data=form).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(post, range(8)))
    assert [303] + [400] * 7 == statuses
    assert 1 == grants(shop, by)


def test_a_form_that_is_not_the_one_that_was_shown_grants_nothing(
    shop: Workshop, visitor: Visitor, by: Registered
) -> None:
    """RFC 6749 section 10.12: not without its ticket, for another request, in another session or late."""
    url = authorize_url(by)
    ticket = hidden(visitor.get(url), "consent")
    good = ticket | {"decision": "allow"}
    assert STALE == shown(visitor.post(url, {"form": "consent", "decision": "allow"}))
    assert STALE == shown(visitor.post(url, good | {"ticket": "made up"}))
    assert STALE == shown(visitor.post(url + "&x=1", good))
    assert STALE == shown(visitor.post(authorize_url(by, scope="profile tag email"), good))
    assert STALE == shown(Visitor(shop, anew=True).post(url, good))
    assert STALE == shown(Visitor(shop, logged_in=False).post(url, good))
    assert STALE == shown(visitor.post(url, {"decision": "allow"}))
    shop.clock.move(601)
    assert STALE == shown(visitor.post(url, good))
    assert 0 == grants(shop, by)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "https://localhost:8443"]
)
def test_a_form_from_another_site_grants_nothing(
    shop: Workshop, visitor: Visitor, by: Registered, origin: str
) -> None:
    """Browsers say where a form comes from (Fetch section 3.1)."""
    assert STALE == shown(visitor.decide(authorize_url(by), headers={"Origin": origin}))
    assert 0 == grants(shop, by)
    own = visitor.decide(authorize_url(by), headers={"Origin": "https://localhost"})
    assert "code" in answer(own)


@pytest.mark.parametrize("decision", [None, "", "maybe", "Allow"])
def test_a_form_without_an_answer_grants_nothing(
    shop: Workshop, visitor: Visitor, by: Registered, decision: str | None
) -> None:
    """It is neither yes nor no, and the question stays open."""
    url = authorize_url(by)
    form = hidden(visitor.get(url), "consent")
    page = visitor.post(url, form if decision is None else form | {"decision": decision})
    assert (400, "Neither yes nor no", "Go back and choose Allow or Deny.") == shown(page)
    assert 0 == grants(shop, by)
    assert 303 == visitor.post(url, form | {"decision": "allow"}).status_code


def test_an_answer_that_is_both_yes_and_no_grants_nothing(
    shop: Workshop, visitor: Visitor, by: Registered
) -> None:
    """A field comes once."""
    url = authorize_url(by)
    page = visitor.post(url, hidden(visitor.get(url), "consent") | {"decision": ["deny", "allow"]})
    description = "The parameter decision must not be sent more than once."
    assert (400, "This form cannot be read", description) == shown(page)
    assert 0 == grants(shop, by)


def test_a_ticket_in_the_url_grants_nothing(shop: Workshop, visitor: Visitor, by: Registered) -> None:
    """A link is no consent: fields of forms must not stand in the URL."""
    url = authorize_url(by)
    page = visitor.post(url + "&decision=allow", hidden(visitor.get(url), "consent"))
    description = "The parameter decision must be sent in the body, not in the URL."
    assert (400, "This form cannot be read", description) == shown(page)
    assert 200 == visitor.get(url + "&decision=allow").status_code
    assert 0 == grants(shop, by)
