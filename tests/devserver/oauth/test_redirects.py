"""Redirect URIs that are right, and those that only look it (RFC 6749 section 3.1.2, RFC 8252)."""

from __future__ import annotations

import pytest

from bearerguard.devserver.oauth.models import Client
from bearerguard.devserver.oauth.redirects import is_loopback, may_use
from bearerguard.devserver.records import PUBLIC, Application

OOB = "urn:ietf:wg:oauth:2.0:oob"
CALLBACK = "https://client.example.org/callback?kind=a"
WEB = Application("web", "Web", redirect_uris=(CALLBACK,), created_at=0)
INSTALLED = Application(
    "installed",
    "Installed",
    kind=PUBLIC,
    installed=True,
    redirect_uris=("org.example.app:/cb",),
    created_at=0,
)


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost",
        "http://localhost/",
        "http://localhost:1",
        "http://localhost:65535/cb",
        "http://127.0.0.1:8080/a/b/c?x=1&y=%20",
        "http://[::1]:51004/",
        "http://[::1]?x",
        "http://localhost/@name",
    ],
)
def test_an_installed_application_may_use_any_port_and_path_of_its_machine(uri: str) -> None:
    """RFC 8252 section 7.3; one that is not installed may not."""
    assert is_loopback(uri)
    assert (True, False) == (may_use(INSTALLED, uri), may_use(WEB, uri))


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost.evil.com",
        "http://localhost.evil.com:80/",
        "http://localhost@evil.com/",
        "http://localhost:80@evil.com/",
        "http://evil.com@localhost/",
        "http://user:pass@localhost/",
        "http://@localhost/",
        "http://localhost\\@evil.com/",
        "http://localhost\\.evil.com/",
        "http://localhost%2eevil.com/",
        "http://localhost%00.evil.com/",
        "http://evil.com/http://localhost/",
        "http://evil.com#http://localhost/",
        "http://LOCALHOST/",
        "HTTP://localhost/",
        "http://Localhost:80/",
        "http://localhost/#fragment",
        "http://localhost/#",
        "http://localhost./",
        "http://localhost:/",
        "http://localhost:0/",
        "http://localhost:080/",
        "http://localhost:65536/",
        "http://localhost:99999/",
        "http://localhost:123456/",
        "http://localhost:-1/",
        "http://localhost:1a/",
        "http://localhost:１/",  # noqa: RUF001 - a digit, but not of ASCII
        "http://localhost//evil.com/",
        "http://localhost/a//b",
        "http:///localhost/",
        "http:////localhost/",
        "http:/localhost/",
        "http:localhost/",
        "//localhost/",
        "localhost",
        "https://localhost/",
        "ftp://localhost/",
        "javascript://localhost/%0aalert(1)",
        "http://127.0.0.1.evil.com/",
        "http://127.1/",
        "http://127.0.0.2/",
        "http://127.0.0.01/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1/",
        "http://::1/",
        "http://[::1%25lo]/",
        "http://lоcalhost/",  # noqa: RUF001 - a Cyrillic letter is the point
        "http://localhost/ä",
        "http://localhost/%",
        "http://localhost/%0",
        "http://localhost/ ",
        " http://localhost/",
        "http://localhost/\n",
        "http://localhost/\r\nLocation: x",
        "http://localhost/\t",
        "http://localhost/\0",
        "http://localhost/<script>",
        'http://localhost/"',
        "http://localhost/?x=[1]",
        OOB + ":auto",
        OOB.upper(),
        OOB + "?",
        OOB + " ",
        "",
    ],
)
def test_what_only_looks_right_is_refused(uri: str) -> None:
    """Another host, another spelling, or what a browser could read as either."""
    assert (False, False) == (may_use(INSTALLED, uri), may_use(WEB, uri))


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK + "&x=1",
        CALLBACK + "#",
        CALLBACK + "/",
        CALLBACK.removesuffix("?kind=a"),
        CALLBACK.replace("kind", "KIND"),
        CALLBACK.replace("client", "Client"),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace(".org", ".org."),
        CALLBACK.replace(".org", ".org:443"),
        CALLBACK.replace("/callback", "/./callback"),
        CALLBACK.replace("/callback", "/x/../callback"),
        CALLBACK.replace("/callback", "/%63allback"),
        "org.example.app:/cb",
        OOB,
    ],
)
def test_a_registered_redirect_uri_is_compared_to_the_letter(uri: str) -> None:
    """RFC 9700 section 2.1: no parsing, no prefix, no pattern."""
    assert (True, False) == (may_use(WEB, CALLBACK), may_use(WEB, uri))


def test_an_installed_application_may_use_the_page_and_what_it_has_registered() -> None:
    """The page is for who has no browser to come back from."""
    assert may_use(INSTALLED, OOB)
    assert may_use(INSTALLED, "org.example.app:/cb")
    assert not may_use(INSTALLED, "org.example.app:/cb2")


def test_there_is_a_default_only_where_one_is_registered() -> None:
    """Of several the request has to name one (RFC 6749 section 3.1.2.3)."""
    several = Application("a", "A", redirect_uris=(CALLBACK, "https://b.example"), created_at=0)
    none = Application("b", "B", created_at=0)
    defaults = [Client(application).get_default_redirect_uri() for application in (WEB, several, none)]
    assert [CALLBACK, None, None] == defaults
