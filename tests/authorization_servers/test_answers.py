"""What each authorization server says about a token, as it comes: what the guard has to live with."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.authorization_servers.provider import AUTHLIB, PROVIDERS, TOOLKIT, Provider
from tests.authorization_servers.registered import (
    API,
    LIFETIME_SECONDS,
    RESOURCE,
    SPACED_API,
    STRANGER,
    Client,
)
from tests.authorization_servers.transcript import Tell

INACTIVE = {"active": False}
NOBODY = Client("nobody", "x")
WRONG = Client(API.client_id, "wrong")

AS_IN_THE_EXAMPLE = {
    "active",
    "aud",
    "client_id",
    "exp",
    "iat",
    "iss",
    "scope",
    "sub",
    "token_type",
    "username",
}
OF_AN_APPLICATION = {TOOLKIT: {"active", "client_id", "exp", "scope"}, AUTHLIB: AS_IN_THE_EXAMPLE}
OF_A_USER = {TOOLKIT: {"active", "client_id", "exp", "scope", "username"}, AUTHLIB: AS_IN_THE_EXAMPLE}


def test_of_an_applications_token(provider: Provider, tell: Tell) -> None:
    """Exactly these members; nothing tells the toolkit's from a user's but the lack of a name."""
    response = provider.ask(provider.issue(scope="tag rating"))
    said = response.json()
    tell("asked about an application's token", f"{response.status_code} {response.text}")
    assert OF_AN_APPLICATION[provider.name] == set(said)
    assert (True, "reports", {"tag", "rating"}) == (
        said["active"],
        said["client_id"],
        {*said["scope"].split()},
    )
    assert abs(said["exp"] - time.time() - LIFETIME_SECONDS) < 60
    assert said.get("sub") is None


def test_of_a_users_token(provider: Provider, tell: Tell) -> None:
    """Exactly these members; the toolkit has no `sub`, and names the user by `username` alone."""
    response = provider.ask(provider.issue_for_user()["access_token"])
    said = response.json()
    tell("asked about a user's token", f"{response.status_code} {response.text}")
    assert OF_A_USER[provider.name] == set(said)
    assert "alice" == said["username"]
    assert {TOOLKIT: None, AUTHLIB: "alice"}[provider.name] == said.get("sub")


def test_of_a_token_for_one_api(toolkit: Provider, tell: Tell) -> None:
    """The toolkit has an `aud` where the client asked for a resource (RFC 8707): a list."""
    response = toolkit.ask(toolkit.issue(resource=RESOURCE))
    tell("asked about a token for one resource", f"{response.status_code} {response.text}")
    assert [RESOURCE] == response.json()["aud"]


def revoked(provider: Provider) -> str:
    token = provider.issue()
    provider.revoke(token)
    return token


NOT_GOOD: dict[str, Callable[[Provider], str]] = {
    "an unknown token": lambda _: "unknown",
    "an empty token": lambda _: "",
    "a refresh token": lambda provider: provider.issue_for_user()["refresh_token"],
    "a revoked token": revoked,
}


@pytest.mark.parametrize("kind", NOT_GOOD)
def test_of_what_is_no_good_access_token(provider: Provider, tell: Tell, kind: str) -> None:
    """The one word that RFC 7662 section 2.2 allows, and 200."""
    response = provider.ask(NOT_GOOD[kind](provider))
    media_type = response.headers["content-type"]
    tell(f"asked about {kind}", f"{response.status_code} {media_type} {response.text}")
    assert (200, "application/json", INACTIVE) == (response.status_code, media_type, response.json())


def test_of_a_refresh_token_where_the_hint_is_not_obeyed(authlib: Provider, tell: Tell) -> None:
    """RFC 7662 section 2.1 demands to look further; what is found then is the access token's own answer."""
    granted = authlib.issue_for_user()
    refresh_token = authlib.ask(granted["refresh_token"], path="introspect-beyond-the-hint")
    access_token = authlib.ask(granted["access_token"], path="introspect-beyond-the-hint")
    tell("asked about a refresh token, beyond the hint", f"{refresh_token.status_code} {refresh_token.text}")
    assert access_token.json() == refresh_token.json()
    assert (True, "Bearer") == (refresh_token.json()["active"], refresh_token.json()["token_type"])


ASKERS = [
    pytest.param(WRONG, {}, (403, 401), id="a wrong secret by basic"),
    pytest.param(NOBODY, {}, (403, 401), id="an unknown client by basic"),
    pytest.param(
        None, {"client_id": "api", "client_secret": "wrong"}, (403, 401), id="a wrong secret by post"
    ),
    pytest.param(None, {"client_id": "x", "client_secret": "x"}, (403, 400), id="an unknown client by post"),
    pytest.param(None, {}, (403, 401), id="nobody"),
    pytest.param(SPACED_API, {}, (200, 200), id="a client with a space in its secret, sent as %20"),
]


@pytest.mark.parametrize(("asker", "form", "statuses"), ASKERS)
def test_to_an_asker(
    provider: Provider,
    tell: Tell,
    request: pytest.FixtureRequest,
    asker: Client | None,
    form: dict[str, str],
    statuses: tuple[int, int],
) -> None:
    """A wrong client is told so by these statuses, one of them 400, and by any content type."""
    response = provider.ask(provider.issue(), client=asker, **form)
    shown = f"{response.status_code} {response.headers['content-type']} {response.text}"
    tell(f"asked by {request.node.callspec.id.removeprefix(provider.name)[1:]}", shown)
    assert statuses[PROVIDERS.index(provider.name)] == response.status_code


def test_to_a_client_without_leave_to_ask(provider: Provider, tell: Tell) -> None:
    """The toolkit minds only that it knows the client; the other calls every token inactive."""
    response = provider.ask(provider.issue(), client=STRANGER)
    tell("asked by a client without leave to ask", f"{response.status_code} {response.text}")
    assert (200, provider.name == TOOLKIT) == (response.status_code, response.json()["active"])
