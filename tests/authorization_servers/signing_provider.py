"""An authorization server that signs its access tokens, as its clients and its operator see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.authorization_servers.browser import log_in
from tests.authorization_servers.provider import Provider

SIGNING_AUTHLIB, OIDC_PROVIDER = SIGNING = ("authlib-signing", "oidc-provider")
ISSUER_PATHS = {SIGNING_AUTHLIB: "/tenant", OIDC_PROVIDER: ""}


@dataclass
class SigningProvider(Provider):
    """One of them."""

    def issue_for_user(self, scope: str = "tag") -> Mapping[str, Any]:
        """Issue tokens for the user; oidc-provider has no grant for that without a browser."""
        return log_in(self, scope) if self.name == OIDC_PROVIDER else super().issue_for_user(scope)

    def rotate_keys(self) -> None:
        """Have it sign with a new key, and publish that beside the old one."""
        self._operate("rotate")

    def withdraw_old_keys(self) -> None:
        """Have it publish the new key alone."""
        self._operate("withdraw")

    def _operate(self, change: str) -> None:
        assert 204 == self.client.post(f"{self.program.url}/keys/{change}").status_code
