"""What browsers are told about pages."""

from __future__ import annotations

import pytest

from tests.devserver.pages.visiting import OOB, Visitor, authorize_url
from tests.devserver.support import CALLBACK, Workshop

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action {}; frame-ancestors 'none'; base-uri 'none'"
)


def policy(form_action: str = "'self'") -> str:
    return POLICY.format(form_action)


@pytest.mark.parametrize(
    "path", ["/", "/login", "/applications", "/applications/new", "/oauth2/oob", "/oauth2/authorize", "/none"]
)
def test_no_page_runs_a_script_stands_in_a_frame_or_is_kept(visitor: Visitor, path: str) -> None:
    """RFC 9700 section 4.16 (clickjacking), RFC 6749 section 5.1; failures are pages too."""
    page = visitor.get(path)
    assert {
        "Content-Security-Policy": policy(),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }.items() <= dict(page.headers).items()
    assert "<script" not in page.text
    assert "style=" not in page.text


@pytest.mark.parametrize(
    ("redirect_uri", "allowed"),
    [
        ("https://client.example.org:8443/cb?x=1", "https://client.example.org:8443"),
        ("http://localhost:8000/cb", "http://localhost:8000"),
        ("http://[::1]:8000/cb", "http:"),
        ("org.example.app:/cb", "org.example.app:"),
    ],
)
@pytest.mark.parametrize("logged_in", [True, False], ids=["consent", "login"])
def test_a_form_may_lead_back_to_the_application_and_nowhere_else(
    shop: Workshop, redirect_uri: str, allowed: str, logged_in: bool
) -> None:
    """CSP3 section 6.4.1.2: browsers hold redirects after a form against it, those after the login too."""
    by = shop.register("App", kind="public", installed=True, redirect_uris=[redirect_uri])
    page = Visitor(shop, logged_in=logged_in).get(authorize_url(by, redirect_uri=redirect_uri))
    assert policy(f"'self' {allowed}") == page.headers["Content-Security-Policy"]


def test_out_of_band_the_form_leads_nowhere_else(shop: Workshop, visitor: Visitor) -> None:
    """The code is shown here."""
    page = visitor.get(authorize_url(shop.installed, redirect_uri=OOB))
    assert policy() == page.headers["Content-Security-Policy"]


def test_a_redirect_carries_what_it_says_in_its_location_only(shop: Workshop, visitor: Visitor) -> None:
    """A code stands nowhere else, and no referrer tells it on."""
    response = visitor.decide(authorize_url(shop.register("Empty")))
    assert response.headers["Location"].startswith(CALLBACK)
    assert (b"", "no-store") == (response.data, response.headers["Cache-Control"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("devserver.css", "text/css; charset=utf-8"), ("icon.svg", "image/svg+xml; charset=utf-8")],
)
def test_the_looks_come_with_the_package(shop: Workshop, name: str, kind: str) -> None:
    """One style sheet and one picture, from here."""
    with shop.client().get(f"/assets/{name}") as response:
        assert (200, kind) == (response.status_code, response.headers["Content-Type"])
