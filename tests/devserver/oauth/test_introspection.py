"""Token introspection (RFC 7662), also by our own guard."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from bearerguard import ClientSecretBasic, ClientSecretPost, Issuer, ResourceServer
from bearerguard.clients import HttpRequest, HttpResponse
from bearerguard.stores import issue
from tests.devserver.support import ISSUER, Workshop
from tests.support import RESOURCE, App, WsgiEdge, bearer


class Wire:
    """An HTTP client whose only server is a workshop."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def send(self, request: HttpRequest) -> HttpResponse:
        url = urlsplit(request.url)
        response = self._workshop.client().open(
            url.path,
            base_url=f"{url.scheme}://{url.netloc}",
            method=request.method,
            headers=dict(request.fields),
            data=request.content,
        )
        return HttpResponse(status=response.status_code, fields=dict(response.headers), content=response.data)

    async def asend(self, request: HttpRequest) -> HttpResponse:
        return await asyncio.to_thread(self.send, request)

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


def introspect(workshop: Workshop, token: str, **form: str) -> TestResponse:
    """Ask as another application than the one that the token was issued to."""
    return workshop.post("/oauth2/introspect", {"token": token, **form}, by=workshop.other)


HINTS = [
    {},
    {"token_type_hint": "access_token"},
    {"token_type_hint": "refresh_token"},
    {"token_type_hint": "odd"},
]


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_a_good_token_is_told_in_full(workshop: Workshop, hint: dict[str, str]) -> None:
    """RFC 7662 section 2.2; a hint is no more than that."""
    token = workshop.tokens(workshop.confidential)["access_token"]
    now = int(workshop.clock())
    assert {
        "active": True,
        "iss": ISSUER,
        "token_type": "Bearer",
        "scope": "profile tag",
        "client_id": workshop.confidential.client_id,
        "sub": "alice",
        "username": "alice",
        "iat": now,
        "exp": now + 3600,
    } == introspect(workshop, token, **hint).json


def test_the_token_of_an_application_names_no_user(workshop: Workshop) -> None:
    """RFC 6749 section 4.4."""
    asked = {"grant_type": "client_credentials", "scope": "tag"}
    token = workshop.post("/oauth2/token", asked, by=workshop.confidential).json["access_token"]
    said = introspect(workshop, token).json
    assert {"active", "iss", "token_type", "scope", "client_id", "iat", "exp"} == said.keys()


def test_a_token_that_came_into_the_store_without_a_flow_is_as_good(workshop: Workshop) -> None:
    """As the command issues them, without an end too."""
    token, record = issue(subject="bob", scopes=["tag"], lifetime_seconds=None, now=workshop.clock)
    workshop.parts.store.add(record)
    said = introspect(workshop, token).json
    assert (True, "bob", False, False) == (said["active"], said["sub"], "exp" in said, "client_id" in said)


def test_what_is_not_good_is_only_inactive(workshop: Workshop) -> None:
    """Refresh tokens, codes, garbage, revoked and expired: nothing more is said (RFC 7662 section 2.2)."""
    tokens, code = workshop.tokens(workshop.confidential), workshop.code(workshop.confidential)
    expired = workshop.tokens(workshop.confidential)["access_token"]
    workshop.clock.move(3600)
    revoked = workshop.tokens(workshop.confidential)["access_token"]
    workshop.post("/oauth2/revoke", {"token": revoked}, by=workshop.confidential)
    for token in (tokens["refresh_token"], code, "x", "bg_" + "a" * 49, "é", expired, revoked):
        for hint in HINTS:
            response = introspect(workshop, token, **hint)
            assert (200, b'{"active":false}\n') == (response.status_code, response.data)


@pytest.mark.parametrize("credentials", [ClientSecretBasic, ClientSecretPost])
def test_a_guard_asks_this_server(
    workshop: Workshop, credentials: type[ClientSecretBasic | ClientSecretPost]
) -> None:
    """By its name alone: metadata, introspection, and what is refused is refused (RFC 8414, RFC 7662)."""
    api = workshop.other
    issuer = Issuer(ISSUER, http=Wire(workshop), now=workshop.clock)
    verifier = issuer.introspection(client=credentials(api.client_id, api.secret or ""))
    server = ResourceServer(resource=RESOURCE, realm="api", verifier=verifier, now=workshop.clock)
    edge = WsgiEdge()
    guarded = edge.guard(App(), server)
    tokens = workshop.tokens(workshop.confidential)
    assert 200 == edge.answer(guarded, headers=bearer(tokens["access_token"])).status
    assert 401 == edge.answer(guarded, headers=bearer(tokens["refresh_token"])).status
    workshop.post("/oauth2/revoke", {"token": tokens["refresh_token"]}, by=workshop.confidential)
    assert 401 == edge.answer(guarded, headers=bearer(tokens["access_token"])).status
