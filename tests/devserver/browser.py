"""A real browser, and a small site on this machine that it can be sent to and from."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest

from bearerguard.devserver import DevServer
from tests.devserver.support import ALICE, PASSWORD, S256

CHROMIUM, CHROMEDRIVER = "chromium", "chromedriver"  # Debian's packages: chromium, chromium-driver
SECONDS = 10  # a page of this machine takes a tenth of one
POLL_SECONDS = 0.01


def needed(what: str) -> None:
    """Skip for want of something that this machine has not; where everything has to be there, fail."""
    reason = f"{what} is not installed, so no browser looks at the pages"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven through WebDriver."""
    for program in (CHROMIUM, CHROMEDRIVER):
        if shutil.which(program) is None:
            needed(program)
    try:
        webdriver = importlib.import_module("selenium.webdriver")
        service = importlib.import_module("selenium.webdriver.chrome.service")
    except ImportError:
        needed("selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which(CHROMIUM)
    options.accept_insecure_certs = True  # its store of authorities is not ours to change
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=service.Service(shutil.which(CHROMEDRIVER)), options=options)
    browser.set_page_load_timeout(SECONDS)
    try:
        yield browser
    finally:
        browser.quit()


class _Version6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


class Site:
    """A site that answers every URL, and remembers which were asked for; `pages` are by path."""

    def __init__(self, host: str) -> None:
        self.asked: list[str] = []
        self.pages: dict[str, str] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/favicon.ico":  # browsers ask for it when they please
                    site.asked.append(self.path)
                body = site.pages.get(self.path.partition("?")[0], "<h1>Back</h1>").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tell nobody."""

        server = _Version6 if ":" in host else ThreadingHTTPServer
        self._server = server((host, 0), Handler)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self._server.server_port}"

    def __enter__(self) -> Site:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def find(browser: Any, css: str) -> Any:
    """The first element that this fits."""
    return browser.find_element("css selector", css)


def heading(browser: Any) -> str:
    """What the page is about."""
    return str(find(browser, "h1").text)


def log_out(browser: Any) -> None:
    """Forget every session."""
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})


# What ChromeDriver says, rather than that an element is stale, in the moment in which the page is replaced.
GONE = "does not belong to the document"


def press(browser: Any, css: str) -> None:
    """Press a button, and wait until the page that follows is there."""
    before = find(browser, "html")
    find(browser, css).click()
    exceptions = importlib.import_module("selenium.common.exceptions")
    ends_at = time.monotonic() + SECONDS
    while time.monotonic() < ends_at:
        try:
            before.is_enabled()
        except exceptions.StaleElementReferenceException:
            return
        except exceptions.WebDriverException as error:
            if GONE not in str(error):
                raise
            return
        time.sleep(POLL_SECONDS)
    pytest.fail(f"no page followed on {css}")


def url(dev: DevServer, client_id: str, redirect_uri: str, **more: str) -> str:
    """An authorization URL of a public application."""
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, **S256}
    about = {"scope": "profile tag", "state": "é&"}
    return f"{dev.issuer}/oauth2/authorize?{urlencode(asked | about | more)}"


def log_in(browser: Any, password: str = PASSWORD) -> None:
    """Fill in the login form."""
    find(browser, "#username").clear()  # after a wrong password the name is still there
    find(browser, "#username").send_keys(ALICE)
    find(browser, "#password").send_keys(password)
    press(browser, "main button")


def ask(browser: Any, asked: str) -> None:
    """Open an authorization URL as somebody who is logged in, from this test or the one before."""
    browser.get(asked)
    if "Log in" == heading(browser):
        log_in(browser)


def look(browser: Any, *, width: int, dark: bool) -> None:
    """Give the window a width, and its user a taste."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def widest(browser: Any) -> int:
    """How wide the page is, in pixels."""
    return int(browser.execute_script("return document.documentElement.scrollWidth"))


def has_version_6() -> bool:
    """Tell whether this machine can be reached by IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


# Of every element that has text of its own, what it is and its contrast by WCAG 2.2 section 1.4.3.
_CONTRASTS = """
const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const parse = color => color.match(/[0-9.]+/g).map(Number);
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = element => {
  for (; element; element = element.parentElement) {
    const color = parse(getComputedStyle(element).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
return [...document.body.querySelectorAll("*")]
  .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map(one => {
    const [a, b] = [luminance(parse(getComputedStyle(one).color)), luminance(ground(one))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [`${one.tagName.toLowerCase()}.${one.className}`, contrast];
  });
"""


def contrasts(browser: Any) -> dict[str, float]:
    """The contrast of every text on the page, by element and class."""
    return dict(browser.execute_script(_CONTRASTS))
