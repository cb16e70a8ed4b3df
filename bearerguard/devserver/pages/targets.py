"""Where the answer to an authorization request goes (RFC 6749 sections 4.1.2 and 4.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bearerguard.devserver.redirect_uris import LOOPBACK_HOSTS, OOB
from bearerguard.errors import BearerGuardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A redirect URI that is known to be the application's, and what has to come back with an answer."""

    redirect_uri: str
    state: str | None = None
    in_fragment: bool = False

    @property
    def is_oob(self) -> bool:
        return self.redirect_uri == OOB

    def location(self, **parameters: str) -> str:
        """Give the URL of an answer; a query that the redirect URI has stays as it is (section 3.1.2)."""
        if self.state is not None:
            parameters["state"] = self.state
        text = urlencode(parameters)
        if self.in_fragment:
            return f"{self.redirect_uri}#{text}"
        if "?" not in self.redirect_uri:
            return f"{self.redirect_uri}?{text}"
        between = "" if self.redirect_uri.endswith(("?", "&")) else "&"
        return self.redirect_uri + between + text

    def form_action(self) -> str | None:
        """Give what a Content-Security-Policy has to allow: browsers follow redirects after a form by it."""
        if self.is_oob:
            return None
        parts = urlsplit(self.redirect_uri)
        # A policy cannot name an IPv6 address (CSP3 section 2.3.1); the scheme is the next best.
        if parts.scheme not in ("https", "http") or parts.netloc.startswith("["):
            return f"{parts.scheme}:"
        return f"{parts.scheme}://{parts.netloc}"

    def place(self) -> str:
        """Say to a person where the answer goes."""
        if self.is_oob:
            return "a page here that shows you a code to copy"
        parts = urlsplit(self.redirect_uri)
        if parts.hostname in LOOPBACK_HOSTS:
            return f"a program on this computer ({parts.netloc})"
        if parts.scheme != "https":
            return f"an application on this device ({parts.scheme})"
        return parts.netloc


class ErrorAnswer(BearerGuardError):
    """An error that the application is told (RFC 6749 sections 4.1.2.1 and 4.2.2.1)."""

    def __init__(self, target: Target, error: str, description: str) -> None:
        super().__init__(description)
        self.target = target
        self.error = error
        self.description = description
