"""Requests of which nobody knows whose they are: shown to the person, and sent nowhere."""

from __future__ import annotations

import pytest

from tests.devserver.pages.visiting import AUTHORIZE, OOB, Visitor, authorize_url, hidden, shown
from tests.devserver.support import ALICE, CALLBACK, Workshop

UNANSWERABLE = "This request cannot be answered"
LONG = "x" * 5_000


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"client_id": None}, "Required parameter is missing: client_id"),
        ({"client_id": ""}, "Required parameter is missing: client_id"),
        ({"client_id": LONG}, "The parameter client_id is too long."),
        ({"client_id": "a\0b"}, "The parameter client_id has characters that it cannot have."),
        ({"client_id": "nobody"}, "No application with this client_id is registered here."),
        ({"redirect_uri": LONG}, "The parameter redirect_uri is too long."),
        ({"redirect_uri": f"{CALLBACK}\n"}, "The parameter redirect_uri has characters that it cannot have."),
    ],
)
def test_a_request_that_is_nobodys_is_shown_and_never_redirected(
    shop: Workshop, parameters: dict[str, str | None], description: str
) -> None:
    """RFC 6749 section 4.1.2.1: no redirect while the application or its redirect URI is not known."""
    page = Visitor(shop, logged_in=False).get(authorize_url(shop.confidential, **parameters))
    assert (400, UNANSWERABLE, description) == shown(page)
    assert "Location" not in page.headers


@pytest.mark.parametrize(
    "redirect_uri",
    [
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK + "#top",
        CALLBACK.upper(),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace(".org", ".org.evil.example"),
        CALLBACK.replace("client.", "client.example.org@evil."),
        CALLBACK.replace("/callback", "/../callback"),
        CALLBACK.replace("/callback", "/%63allback"),
        CALLBACK.replace("https:", ""),
        "javascript:alert(1)",
        "http://localhost:8080/",
        OOB,
    ],
)
def test_a_redirect_uri_that_only_looks_right_is_shown_and_never_followed(
    shop: Workshop, redirect_uri: str
) -> None:
    """RFC 9700 section 2.1: exact string matching, so nothing that resembles a registered one is good."""
    page = Visitor(shop, logged_in=False).get(authorize_url(shop.confidential, redirect_uri=redirect_uri))
    description = "The redirect_uri is not one that is registered for this application."
    assert (400, UNANSWERABLE, description) == shown(page)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_second_client_id_or_redirect_uri_is_shown(shop: Workshop, name: str) -> None:
    """RFC 6749 section 3.1: parameters come once, and of two nobody knows which is meant."""
    page = Visitor(shop, logged_in=False).get(authorize_url(shop.confidential) + f"&{name}=other")
    assert (400, UNANSWERABLE, f"The parameter {name} must not be sent more than once.") == shown(page)


def test_several_redirect_uris_have_to_be_chosen_from(shop: Workshop) -> None:
    """RFC 6749 section 3.1.2.3: only a single registered one may be left out."""
    several = shop.register("Several", redirect_uris=[CALLBACK, CALLBACK + "2"])
    page = Visitor(shop, logged_in=False).get(authorize_url(several, redirect_uri=None))
    assert (400, UNANSWERABLE, "Required parameter is missing: redirect_uri") == shown(page)


def test_what_is_not_utf_8_is_shown(shop: Workshop) -> None:
    """RFC 6749 appendix B: such a state could not be given back exactly."""
    page = Visitor(shop, logged_in=False).get(authorize_url(shop.confidential, state=None) + "&state=%ff")
    assert (400, UNANSWERABLE, "The URL has characters that are not UTF-8.") == shown(page)


def test_nothing_of_a_request_is_echoed(shop: Workshop) -> None:
    """An error page says what is wrong in our words only."""
    mark = "<b>echo</b>"
    for parameters in ({"client_id": mark}, {"redirect_uri": mark}):
        page = Visitor(shop, logged_in=False).get(authorize_url(shop.confidential, **parameters))
        assert "echo" not in page.text
    page = Visitor(shop).get(authorize_url(shop.confidential, state=mark))
    assert "echo" not in page.text


def test_parameters_in_the_body_are_not_a_request(shop: Workshop) -> None:
    """The URL is the request: what is posted to it is a form of ours, or nothing."""
    response = shop.client().post(
        AUTHORIZE, data={"client_id": shop.confidential.client_id, "response_type": "code"}
    )
    assert (400, UNANSWERABLE, "Required parameter is missing: client_id") == shown(response)


def test_an_application_that_is_removed_meanwhile_gets_nothing(
    shop: Workshop, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the question and the answer a registration may end."""
    by = shop.register("Removed")
    url = authorize_url(by)
    form = hidden(visitor.get(url), "consent") | {"decision": "allow"}
    there = iter([by.application])
    monkeypatch.setattr(type(shop.parts.applications), "find", lambda *_: next(there, None))
    page = visitor.post(url, form)
    assert (400, UNANSWERABLE) == shown(page)[:2]
    assert [] == shop.parts.grants.of(ALICE, by.client_id)
