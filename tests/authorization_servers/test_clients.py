"""Who the guard is to an authorization server: the ways to say it, and what a mistake looks like."""

from __future__ import annotations

import pytest

from tests.authorization_servers.edge import Edge, basic
from tests.authorization_servers.provider import Provider
from tests.authorization_servers.registered import API, SPACED_API, STRANGER, Client
from tests.authorization_servers.transcript import Tell

OUR_OWN = "to our own credentials: see client="


@pytest.mark.parametrize("way", ["basic", "post"])
def test_the_guard_says_who_it_is_by(provider: Provider, edge: Edge, tell: Tell, way: str) -> None:
    """With a secret full of signs that either way has to encode."""
    response = edge.guard(provider, client=(way, *API.pair)).get(provider.issue())
    tell(f"a guard known by {way}", response.status_code)
    assert 200 == response.status_code


def test_the_guard_says_who_it_is_by_a_token_of_its_own(toolkit: Provider, edge: Edge, tell: Tell) -> None:
    """The toolkit takes one with the scope `introspection`."""
    token = toolkit.issue(API, scope="introspection")
    response = edge.guard(toolkit, client=("bearer", token)).get(toolkit.issue())
    tell("a guard known by a bearer token", response.status_code)
    assert 200 == response.status_code


def test_a_space_in_the_secret(provider: Provider, edge: Edge, tell: Tell) -> None:
    """It arrives at a server that decodes it as a form, and at one that knows percent-encoding only."""
    response = edge.guard(provider, client=basic(SPACED_API)).get(provider.issue())
    tell("a space in the secret, by basic", response.status_code)
    assert 200 == response.status_code


WRONG = {
    "a wrong secret by basic": ("basic", API.client_id, "wrong"),
    "a wrong secret by post": ("post", API.client_id, "wrong"),
    "an unknown client by basic": ("basic", "nobody", "wrong"),
    "an unknown client by post": ("post", "nobody", "wrong"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_credentials_are_our_own_misconfiguration(
    provider: Provider, edge: Edge, tell: Tell, wrong: str
) -> None:
    """503 without a challenge, since the caller's token may be good; the log says whose mistake it is."""
    guard = edge.guard(provider, client=WRONG[wrong])
    response = guard.get(provider.issue())
    line = guard.wait_for_line("is unavailable")
    tell(f"a guard with {wrong}", f"{response.status_code}; log: {line}")
    assert (503, None) == (response.status_code, response.headers.get("www-authenticate"))
    assert "retry-after" in response.headers
    assert line.startswith("ERROR bearerguard: ")
    assert line.endswith(OUR_OWN)


def test_a_token_without_the_scope_is_our_own_misconfiguration_too(
    toolkit: Provider, edge: Edge, tell: Tell
) -> None:
    """The toolkit refuses to answer whoever has another scope."""
    guard = edge.guard(toolkit, client=("bearer", toolkit.issue(API, scope="tag")))
    response = guard.get(toolkit.issue())
    line = guard.wait_for_line("is unavailable")
    tell("a guard with a bearer token that lacks the scope", f"{response.status_code}; log: {line}")
    assert (503, True) == (response.status_code, line.endswith(OUR_OWN))


def test_wrong_credentials_stop_nobody_once_they_are_mended(
    provider: Provider, edge: Edge, tell: Tell
) -> None:
    """Neither remembered nor counted as an outage: the next request of the same token passes."""
    late = Client(f"late-api-of-{edge.name}", "secret-of-late-api")
    guard = edge.guard(provider, client=basic(late))
    token = provider.issue()
    before = [guard.get(token).status_code for _ in range(6)]
    provider.register(late)
    after = guard.get(token)
    line = guard.wait_for_line("answers again")
    tell("six requests before the credentials are mended", before)
    tell("the next one", f"{after.status_code}; log: {line}")
    assert ([503] * 6, 200) == (before, after.status_code)
    assert line.startswith("WARNING bearerguard: ")


def test_a_client_without_leave_to_ask_sees_only_bad_tokens(
    authlib: Provider, edge: Edge, tell: Tell
) -> None:
    """RFC 7662 section 2.2 lets a server say inactive then: no error, and every good token is refused."""
    response = edge.guard(authlib, client=basic(STRANGER)).get(authlib.issue())
    tell("a guard without leave to ask, a good token", response.status_code)
    assert 401 == response.status_code
