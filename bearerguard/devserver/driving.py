"""Do with an authorization URL what a person does in a browser: log in, read, allow or deny."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from bearerguard.devserver.browsing import Browser, Page
from bearerguard.devserver.forms import Form, code_of, forms_of, title_of
from bearerguard.errors import BearerGuardError, ConfigurationError

Decision = Literal["allow", "deny"]

MAX_PAGES = 6  # logging in, a redirect, consent, and a redirect: more is a circle


class NotAnswered(BearerGuardError):
    """The server showed something else instead of sending the person back to the application.

    That is a page, by its title, or an error for programs; `status` is its own.
    """

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"the authorization server answered {status} with {what}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser that has no other tabs: every URL begins with a login."""

    name: str
    password: str = field(repr=False)
    decision: Decision

    def open(self, url: str, *, issuer: str, ca_file: Path) -> str:
        """Follow an authorization URL to its end: the Location that leads back, or the code of an oob page.

        Raises NotAnswered, ConfigurationError. Does not: connect to the application that the Location names.
        """
        if not url.startswith(f"{issuer}/"):
            raise ConfigurationError(f"this is no authorization URL of this server: it begins with {issuer}/")
        browser = Browser(ssl.create_default_context(cafile=ca_file))
        page = browser.get(url)
        for _ in range(MAX_PAGES):
            location = page.headers.get("location")
            if location is not None and not urljoin(page.url, location).startswith(f"{issuer}/"):
                return str(location)
            if (code := code_of(page.text)) is not None:
                return code
            page = browser.get(urljoin(page.url, location)) if location else self._send(browser, page)
        raise NotAnswered(page.status_code, "a page: they go in a circle")

    def _send(self, browser: Browser, page: Page) -> Page:
        """Fill in the form of a page: of logging in, else of consent."""
        forms = forms_of(page.text) if page.is_success else []
        for form in forms:
            if form.password is not None:
                filled = {**form.fields, form.text or "": self.name, form.password: self.password}
                return _after_login(_post(browser, page, form, filled))
        for form in forms:
            if (button := form.button(self.decision)) is not None:
                return _post(browser, page, form, {**form.fields, **button})
        raise NotAnswered(page.status_code, _what_is_shown(page))


def _post(browser: Browser, page: Page, form: Form, filled: dict[str, str]) -> Page:
    return browser.post(urljoin(page.url, form.action) if form.action else page.url, filled)


def _what_is_shown(page: Page) -> str:
    if page.headers.get("content-type") == "application/json":
        return f"an error: {page.json()['error_description']}"
    return f"a page: {title_of(page.text)}"


def _after_login(page: Page) -> Page:
    if page.status_code == HTTPStatus.FORBIDDEN:
        raise ConfigurationError("the server does not know this user with this password")
    return page
