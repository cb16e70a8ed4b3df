"""A headless Chromium that trusts the authorization server by its key, and a person who uses it."""

from __future__ import annotations

import base64
import hashlib
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate

from bearerguard.devserver import DevServer
from tests.services.clients.rows import PASSWORD, USER

PATIENCE_SECONDS = 10
POLL_SECONDS = 0.02
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server")


@contextmanager
def browsing(dev: DevServer) -> Iterator[Any]:
    """Start a browser. Its authorities are the machine's, not ours to change, so it is told one key."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in (*SWITCHES, f"--ignore-certificate-errors-spki-list={key_of(dev)}"):
        options.add_argument(switch)
    browser = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    try:
        browser.set_page_load_timeout(PATIENCE_SECONDS)
        yield browser
    finally:
        browser.quit()


def agree(browser: Any, url: str) -> None:
    """Log in as somebody who was never here, and allow what is asked for."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait

    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.get(url)
    browser.find_element(By.ID, "username").send_keys(USER)
    browser.find_element(By.ID, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, ".buttons button").click()
    wait = WebDriverWait(browser, PATIENCE_SECONDS, POLL_SECONDS)
    allow = wait.until(lambda one: one.find_element(By.ID, "allow"))
    assert USER == browser.find_element(By.ID, "user").text
    allow.click()


def key_of(dev: DevServer) -> str:
    """Give the hash of the server's public key, out of a certificate that its authority has signed."""
    issuer = urlsplit(dev.issuer)
    address = (str(issuer.hostname), int(issuer.port or 443))
    certificate = load_pem_x509_certificate(
        ssl.get_server_certificate(address, ca_certs=str(dev.ca_file)).encode()
    )
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
