"""The request as Authlib gets to see it: checked parameters only, and what a person has decided."""

from __future__ import annotations

from collections.abc import Mapping

from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request
from flask import Request, g


def hand_over(parameters: Mapping[str, str], *, offline: bool = False) -> None:
    """Set what the current request asks for, and whether what comes of it may have a refresh token.

    `parameters` have gone through `checked()`. It comes before every use of the server; at the authorization
    endpoint that is `get_consent_grant`, which is to be called when the person has decided.
    """
    g.devserver_parameters = dict(parameters)
    g.devserver_offline = offline


class AskedRequest(OAuth2Request):
    """Nothing of it has been sent twice, in the wrong place or in no form at all."""

    def __init__(self, request: Request, issuer: str) -> None:
        # Not `request.url`: its host is whatever the client says.
        super().__init__(request.method, f"{issuer}{request.path}", headers=request.headers)
        self.parameters: dict[str, str] = g.devserver_parameters
        self.offline: bool = g.devserver_offline
        self.payload = BasicOAuth2Payload(self.parameters)

    @property
    def form(self) -> dict[str, str]:
        return self.parameters
