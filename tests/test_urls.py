"""The URLs that tokens and secrets are sent to: https, but for one's own machine and by choice."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.urls import check_endpoint, is_https

NO_TEXT = 'X needs a URL, such as "https://as.example.org/introspect"'
NO_URL = "X: what it should ask is not a URL"
NO_PASSWORD = "X: no user and password in the URL; they go into client="
NOT_PLAIN = "X: the URL must be plain ASCII, without spaces or a fragment"
NO_HTTPS = (
    "X sends tokens to this URL, so it must be https; "
    "allow_loopback_http=True excuses http to this machine, for development"
)


@pytest.mark.parametrize("or_loopback", [True, False])
@pytest.mark.parametrize(
    "url",
    [
        "https://as.example.org/introspect",
        "https://as.example.org",
        "https://as.example.org:8443/a?b=c",
        "HTTPS://AS.EXAMPLE.ORG/",
        "https://localhost/",
        "https://[2001:db8::1]:443/",
        "https://127.0.0.1:1/",
        "https://as.example.org/!~",
    ],
)
def test_https_is_good_anywhere(url: str, or_loopback: bool) -> None:
    """It comes back as it was given."""
    assert url == check_endpoint("X", url, allow_loopback_http=or_loopback)


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://LocalHost:1/", "http://127.0.0.1:8080/x", "http://[::1]:8080/x"]
)
def test_http_is_good_on_this_machine_where_that_is_allowed(url: str) -> None:
    """And nowhere else."""
    assert url == check_endpoint("X", url, allow_loopback_http=True)
    with pytest.raises(ConfigurationError) as caught:
        check_endpoint("X", url, allow_loopback_http=False)
    assert NO_HTTPS == str(caught.value)


@pytest.mark.parametrize("allow_loopback_http", [True, False])
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *[(url, NO_TEXT) for url in (None, 5, True, b"https://as.example.org/", ["https://as.example.org/"])],
        *[
            (url, NO_URL)
            for url in (
                "https://[::1/x",
                "https://::1]/x",
                "https://as.example.org:port/",
                "https://as.example.org:65536/",
                "https://as.example.org:-1/",
            )
        ],
        *[
            (url, NO_PASSWORD)
            for url in (
                "https://api:secret@as.example.org/",
                "https://api@as.example.org/",
                "https://:secret@as.example.org/",
                "https://@as.example.org/",
                "http://api:secret@localhost/",
            )
        ],
        *[
            (url, NOT_PLAIN)
            for url in (
                "https://as.example.org/#x",
                "https://as.example.org/#",
                "https://as.example.org/a b",
                " https://as.example.org/",
                "https://as.example.org/\n",
                "https://as.example.org/\x00",
                "https://as\t.example.org/",
                "https://ä.example.org/",
                "https://as.example.org/ü",
            )
        ],
        ("https://as.example.org/\x7f", NOT_PLAIN),
        *[
            (url, NO_HTTPS)
            for url in (
                "",
                "as.example.org/introspect",
                "//as.example.org/",
                "/introspect",
                "https:",
                "https://",
                "https:///introspect",
                "https://:443/",
                "http://",
                "http://as.example.org/",
                "http://localhost.example.org/",
                "http://127.0.0.1.example.org/",
                "http://127.0.0.2/",
                "http://0.0.0.0/",
                "http://10.0.0.7/",
                "ftp://as.example.org/",
                "wss://as.example.org/",
                "unix:///tmp/socket",
            )
        ],
    ],
)
def test_anything_else_is_a_mistake_that_is_named(url: Any, expected: str, allow_loopback_http: bool) -> None:
    """While building; and what the URL holds is not repeated, since that may be a password."""
    with pytest.raises(ConfigurationError) as caught:
        check_endpoint("X", url, allow_loopback_http=allow_loopback_http)
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a", [True, True]),
        ("http://localhost", [False, True]),
        ("http://a", [False, False]),
        ("https://", [False, False]),
        ("http://", [False, False]),
    ],
)
def test_who_is_asked_over_https(url: str, expected: list[bool]) -> None:
    """Without and with the excuse."""
    assert expected == [is_https(urlsplit(url), or_loopback=one) for one in (False, True)]


@pytest.mark.parametrize(
    "host",
    [
        "256.256.256.256",
        "1.2.3",
        "[v1.x]",
        "[::g]",
        "as.example.org[::1]",
        "[::1]evil.org",
        "a,b",
        "a%62",
        "a:",
        "a b",
    ],
)
def test_a_host_is_read_alike_by_everybody(host: str) -> None:
    """What one parser takes for this machine, another may take for somebody else's."""
    for scheme in ("https", "http"):
        with pytest.raises(ConfigurationError):
            check_endpoint("X", f"{scheme}://{host}/introspect", allow_loopback_http=True)


@pytest.mark.parametrize("host", ["as.example.org", "as_1.int:8443", "192.0.2.7", "[2001:db8::1]:443", "a"])
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    """With a port or without."""
    url = f"https://{host}/introspect"
    assert url == check_endpoint("X", url, allow_loopback_http=False)
