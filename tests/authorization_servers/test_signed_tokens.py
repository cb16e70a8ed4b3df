"""Signed tokens of real authorization servers at guards that know no more than the issuer's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.authorization_servers.browser import log_in
from tests.authorization_servers.edge import AS_API, Edge
from tests.authorization_servers.forging import changed, confused, unsigned
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.registered import OPAQUE, OTHER_RESOURCE, RESOURCE, WEB
from tests.authorization_servers.signing_provider import SigningProvider
from tests.authorization_servers.transcript import Tell
from tests.signing import claiming, encode, text_of
from tests.support import BAD_TOKEN_CHALLENGE

# All that could let an ID token pass.
LAXEST: dict[str, Any] = {"typ": ["at+jwt", "JWT"], "audiences": [RESOURCE, WEB.client_id]}


def test_a_token_of_an_application_passes(signing: SigningProvider, edge: Edge, tell: Tell) -> None:
    """With its issuer, its client and its scopes."""
    response = edge.guard_issuer(signing).get(signing.issue(scope="tag rating"))
    tell("a token of an application", f"{response.status_code} {response.text}")
    said = response.json()
    assert (200, "reports", ["rating", "tag"]) == (response.status_code, said["client_id"], said["scopes"])
    assert (signing.issuer, [RESOURCE]) == (said["issuer"], said["audience"])


def test_a_token_of_a_user_passes(signing: SigningProvider, edge: Edge, tell: Tell) -> None:
    """With the user as its subject."""
    response = edge.guard_issuer(signing).get(signing.issue_for_user()["access_token"])
    tell("a token of a user", f"{response.status_code} {response.text}")
    assert (200, "alice") == (response.status_code, response.json()["subject"])


def test_the_scopes_are_enforced(signing: SigningProvider, edge: Edge, tell: Tell) -> None:
    """A route that asks for one that the token lacks is 403 (RFC 6750 section 3.1)."""
    guard = edge.guard_issuer(signing)
    statuses = [
        guard.get(signing.issue(scope=scope), "rating").status_code for scope in ("tag rating", "tag")
    ]
    tell("a route for `rating`, with that scope and without", statuses)
    assert [200, 403] == statuses


def test_a_token_for_another_api_is_refused(signing: SigningProvider, edge: Edge, tell: Tell) -> None:
    """By its `aud`, though all else about it is good."""
    guard = edge.guard_issuer(signing)
    response = guard.get(signing.issue(resource=OTHER_RESOURCE))
    tell("a token for another API", f"{response.status_code} {guard.reason()}")
    assert (401, BAD_TOKEN_CHALLENGE) == (
        response.status_code,
        response.headers["www-authenticate"].replace('realm="api.example.org"', 'realm="api"'),
    )
    assert "invalid_token: wrong audience" == guard.reason()


FORGERIES: dict[str, tuple[Callable[[str, Any], str], str]] = {
    "signed by nobody": (lambda token, keys: unsigned(token), "malformed"),
    "signed with the public key as a secret": (
        confused,
        "signed by an algorithm that is not accepted",
    ),
    "given more scopes": (lambda token, keys: changed(token, scope="tag rating"), "bad signature"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused(signing: SigningProvider, edge: Edge, tell: Tell, forgery: str) -> None:
    """Made from a real one, with all that its issuer publishes."""
    forge, reason = FORGERIES[forgery]
    keys = signing.client.get(signing.endpoint("jwks")).json()
    guard = edge.guard_issuer(signing, client=AS_API)
    response = guard.get(forge(signing.issue(), keys))
    tell(f"a token, {forgery}", f"{response.status_code} {guard.reason()}")
    assert (401, f"invalid_token: {reason}") == (response.status_code, guard.reason())


def test_an_id_token_is_refused(identity_provider: Provider, edge: Edge, tell: Tell) -> None:
    """Its header says no more than JWT; where that is allowed, what is in it gives it away."""
    token = log_in(identity_provider, "openid tag")["id_token"]
    guards = [edge.guard_issuer(identity_provider, client=AS_API, **settings) for settings in ({}, LAXEST)]
    statuses = [guard.get(token).status_code for guard in guards]
    tell("an ID token, and with plain JWTs allowed", [guard.reason() for guard in guards])
    assert [401, 401] == statuses
    assert ["invalid_token: not an access token"] * 2 == [guard.reason() for guard in guards]


def test_an_opaque_token_of_the_same_server_is_asked_about(
    signing: SigningProvider, edge: Edge, tell: Tell
) -> None:
    """Where the guard is somebody to the server; else it is unknown."""
    token = signing.issue(OPAQUE)
    plain, asking = edge.guard_issuer(signing), edge.guard_issuer(signing, client=AS_API)
    statuses = [guard.get(token).status_code for guard in (plain, asking)]
    tell("an opaque token, without client= and with it", statuses)
    assert ([401, 200], "invalid_token: unknown") == (statuses, plain.reason())


def test_a_token_of_a_strange_issuer_is_nobodys_business(
    signing: SigningProvider, edge: Edge, tell: Tell
) -> None:
    """It is not asked about: that would be 503 here, where nobody knows the guard."""
    guard = edge.guard_issuer(signing, client=("basic", "nobody", "wrong"))
    responses = [guard.get(one) for one in (claiming(iss="https://stranger.example.org"), "opaque")]
    tell("a strange issuer's token", f"{responses[0].status_code} {guard.decisions()[0]['reason']}")
    assert [401, 503] == [response.status_code for response in responses]
    assert "invalid_token: wrong issuer" == guard.decisions()[0]["reason"]


ENCRYPTED = ".".join([encode(text_of({"alg": "RSA-OAEP", "enc": "A256GCM"}).encode()), "a", "a", "a", "a"])


def test_an_encrypted_token_is_asked_about(signing: SigningProvider, edge: Edge, tell: Tell) -> None:
    """Nobody can see whose it is; a server that answers for none of its kind does not vouch for it."""
    guard = edge.guard_issuer(signing, client=AS_API)
    response = guard.get(ENCRYPTED)
    tell("an encrypted token", f"{response.status_code} {guard.reason()}")
    assert (401, "invalid_token: unknown") == (response.status_code, guard.reason())


def test_the_second_request_is_answered_from_the_cache(
    signing: SigningProvider, edge: Edge, tell: Tell
) -> None:
    """And the first token after that costs no fetch."""
    guard = edge.guard_issuer(signing)
    first, second = signing.issue(), signing.issue()
    assert [200, 200, 200] == [guard.get(token).status_code for token in (first, first, second)]
    for step, one in zip(("the first", "the same", "another"), guard.decisions(), strict=True):
        tell(f"{step} token", f"{one['seconds'] * 1000:.1f} ms, cached={one['cached']}")
    assert [False, True, False] == [one["cached"] for one in guard.decisions()]


def test_tokens_of_the_toolkit_are_asked_about(toolkit: Provider, edge: Edge, tell: Tell) -> None:
    """It signs no access tokens; its metadata names where to ask."""
    guard = edge.guard_issuer(toolkit, client=AS_API, subject_from="username")
    passed = guard.get(log_in(toolkit, "tag")["access_token"])
    refused = guard.get(toolkit.issue(resource=OTHER_RESOURCE))
    tell("a user's token", f"{passed.status_code} {passed.text}")
    tell("a token for another API", f"{refused.status_code} {guard.reason()}")
    assert (200, "alice") == (passed.status_code, passed.json()["subject"])
    assert (401, "invalid_token: wrong audience") == (refused.status_code, guard.reason())


@pytest.mark.parametrize(
    ("path", "status"),
    [("/.well-known/oauth-authorization-server", 200), ("/.well-known/openid-configuration", 503)],
)
def test_the_metadata_of_the_toolkit_beside_its_urls(
    toolkit: Provider, edge: Edge, tell: Tell, path: str, status: int
) -> None:
    """It is there too, for whom the root is out of reach; that of OpenID Connect names nobody to ask."""
    guard = edge.guard_issuer(toolkit, client=AS_API, metadata_url=f"{toolkit.issuer}{path}")
    response = guard.get(toolkit.issue())
    tell(f"metadata_url={path}", f"{response.status_code} {guard.reason()}")
    assert status == response.status_code
    if status == 503:
        assert "the metadata names no introspection_endpoint" == guard.reason()
