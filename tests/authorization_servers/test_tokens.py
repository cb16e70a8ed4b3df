"""Tokens of real authorization servers at real guarded servers: who passes, and with what."""

from __future__ import annotations

import pytest

from tests.authorization_servers.edge import Edge
from tests.authorization_servers.provider import TOOLKIT, Provider
from tests.authorization_servers.registered import OTHER_RESOURCE, PHONE, RESOURCE
from tests.authorization_servers.transcript import Tell
from tests.support import BAD_TOKEN_CHALLENGE


def test_a_token_of_an_application_passes(provider: Provider, edge: Edge, tell: Tell) -> None:
    """With its client and its scopes, and no user."""
    response = edge.guard(provider).get(provider.issue(scope="tag rating"))
    tell("a token of an application", f"{response.status_code} {response.text}")
    said = response.json()
    assert (200, None, "reports") == (response.status_code, said["subject"], said["client_id"])
    assert ["rating", "tag"] == said["scopes"]


def test_a_token_of_a_user_passes(provider: Provider, edge: Edge, tell: Tell) -> None:
    """With the `sub` as subject, where the server gives one; the toolkit's `username` is in the claims."""
    response = edge.guard(provider).get(provider.issue_for_user()["access_token"])
    tell("a token of a user", f"{response.status_code} {response.text}")
    said = response.json()
    subject = None if provider.name == TOOLKIT else "alice"
    assert (200, subject, "phone") == (response.status_code, said["subject"], said["client_id"])
    assert ("alice", ["tag"]) == (said["username"], said["scopes"])


def test_a_user_may_be_named_by_another_member(provider: Provider, edge: Edge, tell: Tell) -> None:
    """`subject_from="username"`: what the toolkit's users need, and an application still has no user."""
    guard = edge.guard(provider, introspection={"subject_from": "username"})
    tokens = provider.issue_for_user()["access_token"], provider.issue()
    subjects = [guard.get(token).json()["subject"] for token in tokens]
    tell('subject_from="username": a user, an application', subjects)
    assert ["alice", None] == subjects


def test_the_scopes_are_enforced(provider: Provider, edge: Edge, tell: Tell) -> None:
    """A route that asks for one that the token lacks is 403, and names it (RFC 6750 section 3.1)."""
    guard = edge.guard(provider)
    passed = guard.get(provider.issue(scope="tag rating"), "rating")
    refused = guard.get(provider.issue(scope="tag"), "rating")
    challenge = refused.headers["www-authenticate"]
    tell("a route for `rating`, with that scope", passed.status_code)
    tell("a route for `rating`, without", f"{refused.status_code} {challenge}")
    assert (200, 403) == (passed.status_code, refused.status_code)
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="rating"' in challenge


def test_an_unknown_token_is_refused(provider: Provider, edge: Edge, tell: Tell) -> None:
    """401 invalid_token, and the second time without a question."""
    guard = edge.guard(provider)
    response = guard.get("unknown")
    tell("an unknown token", f"{response.status_code} {response.headers['www-authenticate']}")
    assert (401, BAD_TOKEN_CHALLENGE) == (response.status_code, response.headers["www-authenticate"])
    assert "invalid_token: unknown" == guard.reason()


def test_a_refresh_token_is_refused(provider: Provider, edge: Edge, tell: Tell) -> None:
    """Both servers call it inactive, asked for an access token."""
    guard = edge.guard(provider)
    response = guard.get(provider.issue_for_user()["refresh_token"])
    tell("a refresh token sent as an access token", f"{response.status_code} {guard.reason()}")
    assert (401, "invalid_token: unknown") == (response.status_code, guard.reason())


def test_a_refresh_token_described_as_its_access_token_cannot_be_told(
    authlib: Provider, edge: Edge, tell: Tell
) -> None:
    """A limit: a server that answers for both with the same words lets one pass as the other."""
    granted = authlib.issue_for_user()
    guard = edge.guard(authlib, path="introspect-beyond-the-hint", introspection={"require_token_type": True})
    statuses = [guard.get(granted[kind]).status_code for kind in ("access_token", "refresh_token")]
    tell("a refresh token, described as its access token", statuses[1])
    assert [200, 200] == statuses


def test_a_token_for_this_api_passes(provider: Provider, edge: Edge, tell: Tell) -> None:
    """Its `aud` is our resource; the toolkit has one where the client asked for it (RFC 8707)."""
    guard = edge.guard(provider, introspection={"require_audience": True})
    response = guard.get(provider.issue(resource=RESOURCE))
    tell("a token for this API", f"{response.status_code} audience {response.json()['audience']}")
    assert (200, [RESOURCE]) == (response.status_code, response.json()["audience"])


def test_a_token_for_another_api_is_refused(toolkit: Provider, edge: Edge, tell: Tell) -> None:
    """By its `aud`, though the toolkit calls it active."""
    guard = edge.guard(toolkit)
    response = guard.get(toolkit.issue(resource=OTHER_RESOURCE))
    tell("a token for another API", f"{response.status_code} {guard.reason()}")
    assert (401, "invalid_token: wrong audience") == (response.status_code, guard.reason())


def test_a_token_for_nobody_is_refused_where_an_audience_is_required(
    toolkit: Provider, edge: Edge, tell: Tell
) -> None:
    """`require_audience=True`, and a client that asked for no resource."""
    guard = edge.guard(toolkit, introspection={"require_audience": True})
    response = guard.get(toolkit.issue())
    tell("a token for nobody, require_audience=True", f"{response.status_code} {guard.reason()}")
    assert (401, "invalid_token: no audience") == (response.status_code, guard.reason())


@pytest.mark.parametrize(("audiences", "status"), [(None, 401), ([PHONE.client_id], 200)])
def test_an_audience_that_is_the_client(
    authlib: Provider, edge: Edge, tell: Tell, audiences: list[str] | None, status: int
) -> None:
    """As in the example of Authlib's documentation: refused, unless `audiences=` names that client."""
    guard = edge.guard(authlib, path="introspect-of-the-example", audiences=audiences)
    response = guard.get(authlib.issue_for_user()["access_token"])
    tell(f"`aud` is the client, audiences={audiences}", f"{response.status_code} {guard.reason()}")
    assert status == response.status_code


@pytest.mark.parametrize(
    ("issuer", "statuses"), [("https://as.example.org", [200, 200]), ("https://x.example.org", [200, 401])]
)
def test_an_issuer_that_is_configured(
    toolkit: Provider, authlib: Provider, edge: Edge, issuer: str, statuses: list[int]
) -> None:
    """A foreign `iss` is refused; the toolkit names none, which is no foreign one."""
    both = [edge.guard(one, introspection={"issuer": issuer}).get(one.issue()) for one in (toolkit, authlib)]
    assert statuses == [one.status_code for one in both]


def test_the_second_request_asks_nobody(provider: Provider, edge: Edge, tell: Tell) -> None:
    """It is answered from the cache, and the decision says so."""
    guard = edge.guard(provider)
    token = provider.issue()
    assert [200, 200] == [guard.get(token).status_code for _ in range(2)]
    first, second = guard.decisions()
    tell("the first request", f"{first['seconds'] * 1000:.1f} ms, cached={first['cached']}")
    tell("the second request", f"{second['seconds'] * 1000:.1f} ms, cached={second['cached']}")
    assert [False, True] == [first["cached"], second["cached"]]
