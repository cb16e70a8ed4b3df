"""An authorization server as its clients see it: tokens are issued, taken back and asked about over https."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.authorization_servers.programs import Program
from tests.authorization_servers.registered import API, PASSWORD, PHONE, REPORTS, USER, Client

TOOLKIT, AUTHLIB = PROVIDERS = ("django-oauth-toolkit", "authlib")


@dataclass
class Provider:
    """One of the servers; all have their endpoints at the same paths."""

    program: Program
    client: httpx.Client
    issuer_path: str = "/oauth"

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def issuer(self) -> str:
        """Its name, as its metadata and its signed tokens have it."""
        return f"{self.program.url}{self.issuer_path}"

    def endpoint(self, path: str = "introspect") -> str:
        return f"{self.program.url}/oauth/{path}/"

    def issue(self, client: Client = REPORTS, scope: str = "tag", **form: str) -> str:
        """Issue an access token to an application."""
        return str(self.grant(client, scope=scope, **form)["access_token"])

    def issue_for_user(self, scope: str = "tag") -> Mapping[str, Any]:
        """Issue an access token and a refresh token for the user."""
        return self.grant(PHONE, scope=scope, username=USER, password=PASSWORD)

    def grant(self, client: Client, **form: str) -> Mapping[str, Any]:
        response = self._post("token", {"grant_type": client.grant, **form}, client)
        assert 200 == response.status_code, response.text
        granted: Mapping[str, Any] = response.json()
        return granted

    def revoke(self, token: str, client: Client = REPORTS) -> None:
        assert 200 == self.try_to_revoke(token, client).status_code

    def try_to_revoke(self, token: str, client: Client = REPORTS) -> httpx.Response:
        return self._post("revoke_token", {"token": token}, client)

    def register(self, client: Client) -> None:
        """Make one more client known."""
        form = {"client_id": client.client_id, "client_secret": client.secret}
        assert 201 == self.client.post(f"{self.program.url}/clients", data=form).status_code

    def ask(
        self, token: str, *, path: str = "introspect", client: Client | None = API, **form: str
    ) -> httpx.Response:
        """Ask about a token as the guard does, to see the answer as it comes."""
        return self._post(path, {"token": token, "token_type_hint": "access_token", **form}, client)

    def _post(self, path: str, form: Mapping[str, str], client: Client | None) -> httpx.Response:
        auth = None if client is None else (quote(client.client_id, ""), quote(client.secret, ""))
        return self.client.post(self.endpoint(path), data=form, auth=auth)
