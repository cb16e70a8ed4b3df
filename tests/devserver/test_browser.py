"""A real browser at a real server: logging in, consent, and what a browser must not let others do.

Scripts are off in the browser: the pages need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bearerguard.devserver import DevServer, Settings
from bearerguard.devserver.registering import register
from tests.devserver.browser import (
    Site,
    ask,
    chromium,
    contrasts,
    find,
    has_version_6,
    heading,
    log_in,
    log_out,
    look,
    press,
    url,
    widest,
)
from tests.devserver.support import ALICE, PASSWORD

AA = 4.5  # WCAG 2.2 section 1.4.3
LONG_NAME = "An application whose name is as long as it may be: " + "x" * 13
LONG_HOST = "https://" + ".".join(["a-long-name-of-a-host"] * 5) + "/callback"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        found.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        yield found


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    path = tmp_path_factory.mktemp("devserver") / "dev.db"
    with DevServer(path, settings=Settings(allow_implicit=True)) as found:
        found.add_user(ALICE, PASSWORD)
        yield found


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Where applications and attackers are."""
    with Site("localhost") as found:
        yield found


@pytest.fixture(scope="module")
def installed(dev: DevServer) -> str:
    """The id of an application that may use this machine."""
    return dev.register("Tagger", installed=True).client_id


@pytest.fixture(autouse=True)
def wide(browser: Any) -> None:
    look(browser, width=1280, dark=False)


def test_a_person_logs_in_allows_and_is_back_with_a_code(
    browser: Any, dev: DevServer, site: Site, installed: str
) -> None:
    """RFC 6749 section 4.1: from the application's URL to its redirect URI, with one mistyped password."""
    log_out(browser)
    browser.get(url(dev, installed, site.url + "/callback"))
    log_in(browser, "not it, not it")
    assert "This name and password do not belong together." == find(browser, "#problem").text
    log_in(browser)
    assert "Allow Tagger to use your account?" == heading(browser)
    press(browser, "#allow")
    assert "Back" == heading(browser)
    answer = dict(parse_qsl(urlsplit(site.asked[-1]).query))
    assert ({"code", "state"}, "é&") == (answer.keys(), answer["state"])


def test_a_person_denies(browser: Any, dev: DevServer, site: Site, installed: str) -> None:
    """RFC 6749 section 4.1.2.1."""
    ask(browser, url(dev, installed, site.url + "/callback"))
    press(browser, "#deny")
    assert "Back" == heading(browser)
    assert "error=access_denied" in site.asked[-1]


def test_who_allowed_it_before_is_back_right_after_the_login(
    browser: Any, dev: DevServer, site: Site
) -> None:
    """The login's own redirects end at the application: the page's policy allows that."""
    client_id = dev.register("Web", redirect_uris=[site.url + "/web"]).client_id
    again = url(dev, client_id, site.url + "/web")
    ask(browser, again)
    press(browser, "#allow")
    log_out(browser)
    browser.get(again)
    log_in(browser)
    assert "Back" == heading(browser)
    assert site.asked[-1].startswith("/web?code=")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_answer_reaches_every_address_of_this_machine(
    browser: Any, dev: DevServer, installed: str, host: str
) -> None:
    """RFC 8252 section 7.3; a policy cannot name an IPv6 address, and the form leads there all the same."""
    if host == "::1" and not has_version_6():
        pytest.skip("this machine has no IPv6")
    with Site(host) as there:
        ask(browser, url(dev, installed, there.url + "/callback"))
        press(browser, "#allow")
        assert there.asked[0].startswith("/callback?code=")


def test_a_token_arrives_in_the_fragment(browser: Any, dev: DevServer, site: Site) -> None:
    """RFC 6749 section 4.2.2: the browser keeps it from the site's server."""
    client_id = dev.register("Page", public=True, redirect_uris=[site.url + "/page"]).client_id
    ask(browser, url(dev, client_id, site.url + "/page", response_type="token"))
    press(browser, "#allow")
    assert "access_token=bg_" in urlsplit(browser.current_url).fragment
    assert "/page" == site.asked[-1]


def test_a_person_copies_a_code(browser: Any, dev: DevServer, installed: str) -> None:
    """The page shows it, its URL does not."""
    ask(browser, url(dev, installed, "urn:ietf:wg:oauth:2.0:oob"))
    press(browser, "#allow")
    assert f"{dev.issuer}/oauth2/oob" == browser.current_url
    assert 43 == len(find(browser, "#code").text)


def test_going_back_and_answering_again_says_so(
    browser: Any, dev: DevServer, site: Site, installed: str
) -> None:
    """A form that is posted twice grants once; a page that is kept nowhere asks anew."""
    ask(browser, url(dev, installed, site.url + "/callback"))
    ticket = find(browser, "input[name=ticket]").get_attribute("value")
    press(browser, "#allow")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.back()
    browser.execute_script("document.querySelector('input[name=ticket]').value = arguments[0]", ticket)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    press(browser, "#allow")
    assert "This has been answered already" == heading(browser)


def test_the_consent_page_shows_in_no_frame(browser: Any, dev: DevServer, site: Site, installed: str) -> None:
    """RFC 9700 section 4.16: nobody lays it under a page of his own."""
    asked = url(dev, installed, site.url + "/callback")
    ask(browser, asked)
    site.pages["/frame"] = f'<h1>Win</h1><iframe src="{asked.replace("&", "&amp;")}"></iframe>'
    browser.get_log("browser")
    browser.get(site.url + "/frame")
    refused = [entry["message"] for entry in browser.get_log("browser")]
    assert any("frame-ancestors 'none'" in message for message in refused), refused
    browser.switch_to.frame(find(browser, "iframe"))
    assert [] == browser.find_elements("css selector", "form")
    browser.switch_to.default_content()


def test_a_form_on_another_site_grants_nothing(
    browser: Any, dev: DevServer, site: Site, installed: str
) -> None:
    """RFC 6749 section 10.12: not even with a ticket that counts."""
    asked = url(dev, installed, site.url + "/callback")
    ask(browser, asked)
    ticket = find(browser, "input[name=ticket]").get_attribute("value")
    fields = {"form": "consent", "ticket": ticket, "decision": "allow"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    action = asked.replace("&", "&amp;")
    site.pages["/win"] = f'<form method="post" action="{action}">{inputs}<button>Win</button></form>'
    browser.get(site.url + "/win")
    press(browser, "button")
    assert "This form does not count" == heading(browser)


def test_every_page_is_legible_and_fits(browser: Any, dev: DevServer) -> None:
    """From 320 pixels on nothing has to be moved sideways; every text has a contrast of 4.5 or more."""
    application, _ = register(dev.parts, name=LONG_NAME, redirect_uris=[LONG_HOST], owner=ALICE)
    for page in _pages(browser, dev, url(dev, application.client_id, LONG_HOST)):
        for width, dark in ((1280, False), (320, True)):
            look(browser, width=width, dark=dark)
            assert {} == {what: ratio for what, ratio in contrasts(browser).items() if ratio < AA}, page
            assert width == widest(browser), page


def _pages(browser: Any, dev: DevServer, asked: str) -> Iterator[str]:
    """Go from page to page."""
    log_out(browser)
    browser.get(asked)
    yield "login"
    log_in(browser, "not it, not it")
    yield "login that failed"
    log_in(browser)
    yield "consent"
    for path in ("/", "/applications", "/applications/new", "/nothing", "/oauth2/authorize"):
        browser.get(dev.issuer + path)
        yield path
    browser.get(dev.issuer + "/applications/new")
    find(browser, "#name").send_keys("x")
    find(browser, "#redirect_uris").send_keys(LONG_HOST.replace("https", "http"))
    press(browser, "main button")
    yield "a form with a mistake"
    find(browser, "#redirect_uris").clear()
    press(browser, "main button")
    yield "the secret"
