"""Log the user in as a browser and an application do: the authorization code grant (RFC 6749 section 4.1)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import httpx

from tests.authorization_servers.programs import PATIENCE_SECONDS
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.registered import CALLBACK, WEB


def log_in(provider: Provider, scope: str) -> Mapping[str, Any]:
    """Give what the token endpoint grants: an access token, and for the scope `openid` an ID token."""
    secret = token_urlsafe(48)
    challenge = urlsafe_b64encode(sha256(secret.encode()).digest()).rstrip(b"=").decode()  # RFC 7636
    asked = {
        "response_type": "code",
        "client_id": WEB.client_id,
        "redirect_uri": CALLBACK,
        "scope": scope,
        "state": token_urlsafe(),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if "openid" in scope.split():
        asked["nonce"] = token_urlsafe()
    code = _walk(provider, httpx.URL(provider.endpoint("authorize"), params=asked)).params["code"]
    return provider.grant(WEB, code=code, redirect_uri=CALLBACK, code_verifier=secret)


def _walk(provider: Provider, url: httpx.URL) -> httpx.URL:
    """Follow where the server sends a browser, to the application's own page."""
    with httpx.Client(verify=provider.program.context, timeout=PATIENCE_SECONDS, trust_env=False) as browser:
        while not str(url).startswith(CALLBACK):
            response = browser.get(url)
            assert response.is_redirect, response.text
            url = response.url.join(response.headers["location"])
    return url
