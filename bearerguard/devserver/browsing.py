"""A browser of one tab: it keeps cookies, follows nothing by itself, and writes no URL into any log."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, OpenerDirector, Request

TIMEOUT_SECONDS = 10.0
OF_URLS = "%/:=&?~#+!$,;'@()*[]"  # what has a meaning in one; a browser encodes a space for whoever typed it
MAX_PAGE_BYTES = 1024 * 1024  # the pages of this server have some kilobytes


@dataclass(frozen=True, slots=True)
class Page:
    """What a server has answered; a Location or a page may show a code or a token."""

    url: str = field(repr=False)
    status_code: int
    headers: Message = field(repr=False)
    text: str = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether it is what was asked for (RFC 9110 section 15.3)."""
        return 200 <= self.status_code < 300

    def json(self) -> Any:
        """Read the text as JSON."""
        return json.loads(self.text)


class Browser:
    """Asks over https, through no proxy; `tls` says whom it trusts.

    The standard library's client and not httpx, which logs every URL, and what it is made of logs every
    Location: codes, tokens and plain challenges would stand in the output of tests that fail.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        # With these two alone there are no proxies, no redirects, no files, and an error is an answer too.
        self._opener = OpenerDirector()
        self._opener.add_handler(HTTPSHandler(context=tls))
        self._opener.add_handler(HTTPCookieProcessor())

    def get(self, url: str) -> Page:
        """Ask for a page. Raises OSError."""
        return self._ask(url)

    def post(self, url: str, form: dict[str, str]) -> Page:
        """Send a form from a page of the same origin. Raises OSError."""
        parts = urlsplit(url)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        return self._ask(url, urlencode(form).encode("ascii"), origin)

    def _ask(
        self, url: str, body: bytes | None = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Page:
        request = Request(quote(url, safe=OF_URLS), body, dict(headers))  # noqa: S310 - it knows https only
        answer: Any = self._opener.open(request, timeout=TIMEOUT_SECONDS)
        with answer:
            text = answer.read(MAX_PAGE_BYTES).decode("utf-8", "replace")
            return Page(url, answer.status, answer.headers, text)
