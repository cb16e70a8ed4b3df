"""The page with a code to copy (urn:ietf:wg:oauth:2.0:oob)."""

from __future__ import annotations

from tests.devserver.pages.visiting import OOB, Visitor, authorize_url, element, shown
from tests.devserver.support import Workshop

NO_CODE = (
    404,
    "There is no code here",
    "A code is shown once. Go back to the application and start again from there.",
)


def test_the_page_shows_the_code_once(shop: Workshop, visitor: Visitor) -> None:
    """In the page and not in the URL, where it would stay in the history; and it is good."""
    response = visitor.decide(authorize_url(shop.installed))
    assert (303, "/oauth2/oob") == (response.status_code, response.headers["Location"])
    page = visitor.get("/oauth2/oob")
    assert (200, "Your code for Installed") == (page.status_code, element(page, "title"))
    tokens = shop.exchange(shop.installed, element(page, "#code"), redirect_uri=OOB)
    assert 200 == tokens.status_code
    assert "refresh_token" in tokens.json
    assert NO_CODE == shown(visitor.get("/oauth2/oob"))


def test_the_page_shows_a_code_to_nobody_else(shop: Workshop, visitor: Visitor) -> None:
    """It is for the session in which it was allowed."""
    visitor.decide(authorize_url(shop.installed))
    assert NO_CODE == shown(Visitor(shop, anew=True).get("/oauth2/oob"))
    assert NO_CODE == shown(Visitor(shop, logged_in=False).get("/oauth2/oob"))
    assert 200 == visitor.get("/oauth2/oob").status_code


def test_a_code_that_nobody_looks_at_goes_away(shop: Workshop, visitor: Visitor) -> None:
    """No code lives longer than ten minutes."""
    visitor.decide(authorize_url(shop.installed))
    shop.clock.move(600)
    assert NO_CODE == shown(visitor.get("/oauth2/oob"))


def test_who_denies_reads_that_nothing_was_granted(shop: Workshop, visitor: Visitor) -> None:
    """There is no URL that the application could be told at."""
    page = visitor.decide(authorize_url(shop.installed), "deny")
    assert (
        200,
        "Nothing was granted",
        "You have said no. You can close this page and tell the application, if it still waits.",
    ) == shown(page)
    assert "access_denied" == element(page, "#error")
    assert NO_CODE == shown(visitor.get("/oauth2/oob"))
