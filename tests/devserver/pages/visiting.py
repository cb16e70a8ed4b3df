"""A person at a browser without a network: follows no redirect unasked, fills in the forms of pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from weakref import WeakKeyDictionary

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.devserver.support import ALICE, CALLBACK, PASSWORD, S256, Registered, Workshop

AUTHORIZE = "/oauth2/authorize"
COOKIE = "__Host-devserver"
OOB = "urn:ietf:wg:oauth:2.0:oob"


# Hashing is slow on purpose, so the tests of a module share one session of Alice's.
_SESSIONS: WeakKeyDictionary[Workshop, str] = WeakKeyDictionary()


class Visitor:
    """Somebody at a browser: nobody yet, or Alice in the session that tests share or in one `anew`."""

    def __init__(self, shop: Workshop, *, logged_in: bool = True, anew: bool = False) -> None:
        self.shop = shop
        self.client: FlaskClient = shop.client()
        if logged_in and not anew and shop in _SESSIONS:
            self.client.set_cookie(COOKIE, _SESSIONS[shop], secure=True)
        elif logged_in:
            assert 303 == self.log_in("/login").status_code
            if not anew:
                _SESSIONS[shop] = self.cookie()

    def cookie(self) -> str:
        """The cookie of the session."""
        cookie = self.client.get_cookie(COOKIE)
        assert cookie is not None
        return cookie.value

    def get(self, url: str, **more: Any) -> TestResponse:
        return self.client.get(url, **more)

    def post(self, url: str, form: dict[str, Any], **more: Any) -> TestResponse:
        if url == "/logout" or form.get("form") == "logout":
            _SESSIONS.pop(self.shop, None)  # it ends all sessions of Alice's, the shared one too
        return self.client.post(url, data=form, **more)

    def log_in(self, url: str, name: str = ALICE, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Fill in the login form of a page."""
        form = hidden(self.get(url), "login") | {"username": name, "password": password}
        return self.post(url, form, **more)

    def decide(self, url: str, decision: str = "allow", **more: Any) -> TestResponse:
        """Read the consent page and answer it."""
        return self.post(url, hidden(self.get(url), "consent") | {"decision": decision}, **more)


def authorize_url(by: Registered, **parameters: str | None) -> str:
    """An authorization URL; None leaves a parameter out."""
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": by.client_id,
        "redirect_uri": OOB if by.application.installed else CALLBACK,
        "scope": "profile tag",
        "state": "a state",
    }
    if not by.application.is_confidential:
        asked |= S256
    asked |= parameters
    return AUTHORIZE + "?" + urlencode({name: value for name, value in asked.items() if value is not None})


def hidden(page: TestResponse, kind: str) -> dict[str, str]:
    """The hidden fields of the form of this kind; the login of a page of its own has them all too."""
    for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL):
        fields = {
            name: unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
        }
        if fields.get("form") == kind:
            return fields
    raise AssertionError(f"no form {kind} on the page: {page.status} {title(page)}")


def title(page: TestResponse) -> str:
    """The heading of a page."""
    return element(page, "h1")


def element(page: TestResponse, what: str) -> str:
    """The text of an element, named by its tag or by `#id`."""
    start = rf'<[^>]*\bid="{what[1:]}"[^>]*>' if what.startswith("#") else rf"<{what}\b[^>]*>"
    found = re.search(start + r"(.*?)</", page.text, re.DOTALL)
    assert found is not None, f"no {what} on the page"
    return " ".join(unescape(found[1]).split())


def shown(page: TestResponse) -> tuple[int, str, str]:
    """What a page of failure says: status, heading, description."""
    return page.status_code, title(page), element(page, "#description")


def answer(response: TestResponse) -> dict[str, str]:
    """The parameters with which a redirect leads back to the application."""
    location = urlsplit(response.headers["Location"])
    return dict(parse_qsl(location.query or location.fragment, strict_parsing=True))
