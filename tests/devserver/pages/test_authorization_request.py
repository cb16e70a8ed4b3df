"""What an authorization request may be, and where the answer to a bad one goes."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.devserver.pages.visiting import OOB, Visitor, answer, authorize_url, shown
from tests.devserver.support import CALLBACK, CHALLENGE, Registered, Workshop

LONG = "x" * 5_000


REDIRECTED = [
    ({"response_type": None}, "invalid_request", "Required parameter is missing: response_type"),
    ({"response_type": "Code"}, "unsupported_response_type", "This server answers response_type=code."),
    ({"response_type": LONG}, "invalid_request", "The parameter response_type is too long."),
    ({"scope": None}, "invalid_request", "Required parameter is missing: scope"),
    ({"scope": ""}, "invalid_request", "Required parameter is missing: scope"),
    ({"scope": LONG}, "invalid_request", "The parameter scope is too long."),
    ({"scope": "tag secret"}, "invalid_scope", "The scope has a name that this server does not know."),
    ({"scope": "tag  profile"}, "invalid_scope", "The scope must be names separated by single spaces."),
    ({"scope": " "}, "invalid_scope", "The scope must be names separated by single spaces."),
    ({"scope": "tag,profile"}, "invalid_scope", "The scope has a name that this server does not know."),
    (
        {"scope": "tag\tprofile"},
        "invalid_request",
        "The parameter scope has characters that it cannot have.",
    ),
    ({"access_type": "both"}, "invalid_request", "The access_type must be online or offline."),
    ({"approval_prompt": "never"}, "invalid_request", "The approval_prompt must be auto or force."),
    (
        {"code_challenge_method": "S256"},
        "invalid_request",
        "Required parameter is missing: code_challenge",
    ),
    (
        {"code_challenge": CHALLENGE, "code_challenge_method": "s256"},
        "invalid_request",
        "The code_challenge_method must be S256 or plain.",
    ),
    ({"code_challenge": "x" * 42}, "invalid_request", "The code_challenge is not one of the method plain."),
    ({"code_challenge": "x" * 129}, "invalid_request", "The code_challenge is not one of the method plain."),
    (
        {"code_challenge": "+" * 43},
        "invalid_request",
        "The code_challenge is not one of the method plain.",
    ),
    (
        {"code_challenge": "x" * 44, "code_challenge_method": "S256"},
        "invalid_request",
        "The code_challenge is not one of the method S256.",
    ),
]


@pytest.mark.parametrize(("parameters", "error", "description"), REDIRECTED)
def test_what_an_application_has_wrong_it_is_told_by_redirect(
    shop: Workshop, parameters: dict[str, str | None], error: str, description: str
) -> None:
    """RFC 6749 section 4.1.2.1: error, description and the exact state; nobody has to log in for that."""
    url = authorize_url(shop.confidential, **{"state": "é &=+%", **parameters})
    response = Visitor(shop, logged_in=False).get(url)
    assert 302 == response.status_code
    assert response.headers["Location"].startswith(CALLBACK + "?")
    assert {"error": error, "error_description": description, "state": "é &=+%"} == answer(response)


@pytest.mark.parametrize(
    "name",
    ["response_type", "scope", "access_type", "approval_prompt", "code_challenge", "code_challenge_method"],
)
def test_a_second_one_of_a_parameter_is_told_by_redirect(shop: Workshop, name: str) -> None:
    """RFC 6749 section 3.1: parameters come once."""
    url = authorize_url(shop.confidential, **{name: "tag"}) + f"&{name}=tag"
    description = f"The parameter {name} must not be sent more than once."
    assert {"error": "invalid_request", "error_description": description, "state": "a state"} == answer(
        Visitor(shop, logged_in=False).get(url)
    )


@pytest.mark.parametrize(
    ("state", "description"),
    [
        ("a&state=b", "The parameter state must not be sent more than once."),
        (LONG, "The parameter state is too long."),
        ("a%0D%0ASet-Cookie:b", "The parameter state has characters that it cannot have."),
    ],
)
def test_a_state_that_cannot_be_is_not_sent_back(shop: Workshop, state: str, description: str) -> None:
    """RFC 6749 section 4.1.2.1: the exact state or, where there is no telling, none."""
    url = authorize_url(shop.confidential, state=None) + f"&state={state}"
    assert {"error": "invalid_request", "error_description": description} == answer(
        Visitor(shop, logged_in=False).get(url)
    )


def test_a_public_application_must_send_a_challenge(shop: Workshop, lenient: Workshop) -> None:
    """RFC 9700 section 2.1.1; `pkce_optional` is for what cannot."""
    without = {"code_challenge": None, "code_challenge_method": None}
    told = answer(Visitor(shop).get(authorize_url(shop.public, **without)))
    assert {
        "error": "invalid_request",
        "error_description": "A public application must send a code_challenge.",
        "state": "a state",
    } == told
    assert 200 == Visitor(lenient).get(authorize_url(lenient.public, **without)).status_code


def test_an_application_gets_no_scope_beyond_its_own(shop: Workshop) -> None:
    """RFC 6749 section 3.3: what an application may ask for is part of its registration."""
    narrow = shop.register("Narrow", scopes=["tag"])
    told = answer(Visitor(shop).get(authorize_url(narrow, scope="tag profile")))
    assert {
        "error": "invalid_scope",
        "error_description": "The scope has a name that this application may not ask for.",
        "state": "a state",
    } == told
    assert 200 == Visitor(shop).get(authorize_url(narrow, scope="tag")).status_code


def test_response_type_token_is_refused_until_it_is_switched_on(shop: Workshop) -> None:
    """RFC 9700 section 2.1.2; the error comes in the fragment, where this application looks (4.2.2.1)."""
    response = Visitor(shop).get(authorize_url(shop.public, response_type="token"))
    assert response.headers["Location"].startswith(CALLBACK + "#error=unsupported_response_type&")


def test_response_type_token_is_for_public_applications(lenient: Workshop) -> None:
    """RFC 6749 section 4.2: a token in a URL is for what can keep nothing."""
    response = Visitor(lenient).get(authorize_url(lenient.confidential, response_type="token"))
    assert {
        "error": "unauthorized_client",
        "error_description": "Only public applications may use response_type=token.",
        "state": "a state",
    } == answer(response)


def test_response_type_token_is_not_for_a_page(lenient: Workshop) -> None:
    """A token that somebody copies is one too many."""
    page = Visitor(lenient).get(authorize_url(lenient.installed, response_type="token"))
    title = "The application asked for what it cannot have"
    assert (400, title, "A page cannot show a token: use response_type=code.") == shown(page)


def test_the_only_redirect_uri_may_be_left_out(shop: Workshop) -> None:
    """RFC 6749 section 3.1.2.3."""
    url = authorize_url(shop.confidential, redirect_uri=None, approval_prompt="force")
    response = Visitor(shop).decide(url)
    assert response.headers["Location"].startswith(CALLBACK + "?code=")
    assert 200 == shop.exchange(shop.confidential, answer(response)["code"]).status_code


def test_an_error_without_a_url_is_shown(shop: Workshop) -> None:
    """An out-of-band request has no URL to tell it to."""
    page = Visitor(shop).get(authorize_url(shop.installed, scope="secret"))
    assert (
        400,
        "The application asked for what it cannot have",
        "The scope has a name that this server does not know.",
    ) == shown(page)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost",
        "http://localhost:51004/any/path",
        "http://127.0.0.1:8000/callback?x=1",
        "http://[::1]:8000/callback",
        OOB,
    ],
)
def test_an_installed_application_may_use_this_machine(shop: Workshop, redirect_uri: str) -> None:
    """RFC 8252 section 7.3: with any port, since it takes one that is free."""
    page = Visitor(shop).get(authorize_url(shop.installed, redirect_uri=redirect_uri))
    assert 200 == page.status_code


@pytest.mark.parametrize("name", ["prompt", "nonce", "display", "made_up"])
def test_unknown_parameters_are_ignored(shop: Workshop, name: str) -> None:
    """RFC 6749 section 3.1."""
    assert 200 == Visitor(shop).get(authorize_url(shop.public) + f"&{name}=x").status_code


def test_the_query_of_a_redirect_uri_is_kept(shop: Workshop) -> None:
    """RFC 6749 section 3.1.2: answers are added to it."""
    uri = CALLBACK + "?tenant=1"
    by: Registered = shop.register("Tenant", redirect_uris=[uri])
    url = authorize_url(by, redirect_uri=None, scope="secret") + f"&redirect_uri={quote(uri, safe='')}"
    assert Visitor(shop).get(url).headers["Location"].startswith(uri + "&error=invalid_scope&")
    url = authorize_url(by, redirect_uri=uri)
    assert Visitor(shop).decide(url).headers["Location"].startswith(uri + "&code=")
