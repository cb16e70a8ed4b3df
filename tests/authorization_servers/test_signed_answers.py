"""What each server that signs says, as it comes: what the guard has to live with."""

from __future__ import annotations

import time

import pytest

from tests.authorization_servers.browser import log_in
from tests.authorization_servers.forging import parts_of
from tests.authorization_servers.provider import TOOLKIT, Provider
from tests.authorization_servers.registered import LIFETIME_SECONDS, OTHER_RESOURCE, RESOURCE
from tests.authorization_servers.signing_provider import (
    OIDC_PROVIDER,
    SIGNING_AUTHLIB,
    SigningProvider,
)
from tests.authorization_servers.transcript import Tell

OF_THE_PROFILE = {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"}  # RFC 9068 section 2.2
ALGORITHMS = {SIGNING_AUTHLIB: "RS256", OIDC_PROVIDER: "ES256"}


def test_of_an_access_token(signing: SigningProvider, tell: Tell) -> None:
    """The header and the claims of RFC 9068; an application's own has its name as `sub`."""
    header, claims = parts_of(signing.issue(scope="tag rating"))
    tell("an application's token: header", header)
    tell("an application's token: claims", claims)
    assert {"alg", "kid", "typ"} == set(header)
    assert ("at+jwt", ALGORITHMS[signing.name]) == (header["typ"], header["alg"])
    assert OF_THE_PROFILE == set(claims)
    assert (signing.issuer, RESOURCE) == (claims["iss"], claims["aud"])
    assert ("reports", "reports") == (claims["sub"], claims["client_id"])
    assert {"tag", "rating"} == {*claims["scope"].split()}
    assert abs(claims["exp"] - time.time() - LIFETIME_SECONDS) < 60


def test_of_a_users_access_token(signing: SigningProvider, tell: Tell) -> None:
    """The same claims, with the user as `sub`."""
    header, claims = parts_of(signing.issue_for_user()["access_token"])
    tell("a user's token: claims", claims)
    assert OF_THE_PROFILE == set(claims)
    assert ("at+jwt", "alice") == (header["typ"], claims["sub"])


def test_of_the_resource_that_was_asked_for(signing: SigningProvider, tell: Tell) -> None:
    """`aud` is the `resource` of the request for a token (RFC 8707)."""
    _, claims = parts_of(signing.issue(resource=OTHER_RESOURCE))
    tell("a token that was asked for with `resource`: aud", claims["aud"])
    assert OTHER_RESOURCE == claims["aud"]


SAYS_NO = {SIGNING_AUTHLIB: 401, OIDC_PROVIDER: 400}


def test_of_the_wish_to_revoke_a_signed_token(signing: SigningProvider, tell: Tell) -> None:
    """It cannot, and says so (RFC 7009 section 2.2.1); one of them with a status that is not for this."""
    response = signing.try_to_revoke(signing.issue())
    tell("asked to revoke a signed token", f"{response.status_code} {response.text}")
    assert SAYS_NO[signing.name] == response.status_code
    assert "unsupported_token_type" == response.json()["error"]


def test_of_a_signed_token_asked_about(signing: SigningProvider, tell: Tell) -> None:
    """Authlib answers as of any other; oidc-provider has no answer but an error."""
    response = signing.ask(signing.issue())
    tell("asked about a signed token", f"{response.status_code} {response.text}")
    said = response.json()
    assert {SIGNING_AUTHLIB: 200, OIDC_PROVIDER: 400}[signing.name] == response.status_code
    assert {SIGNING_AUTHLIB: None, OIDC_PROVIDER: "unsupported_token_type"}[signing.name] == said.get("error")


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("/.well-known/oauth-authorization-server{path}", True),
        ("{path}/.well-known/openid-configuration", False),
    ],
)
def test_of_itself(signing: SigningProvider, tell: Tell, path: str, is_there: bool) -> None:
    """The metadata is where RFC 8414 has it; that of OpenID Connect is at oidc-provider only."""
    response = signing.client.get(signing.program.url + path.format(path=signing.issuer_path))
    tell(f"its metadata at {path}", f"{response.status_code} {response.text}")
    assert (is_there or signing.name == OIDC_PROVIDER) == (response.status_code == 200)


ID_TOKENS = {
    TOOLKIT: (
        {"typ": "JWT", "alg": "RS256"},
        {"iss", "sub", "aud", "exp", "iat", "nonce", "at_hash", "auth_time", "jti"},
    ),
    OIDC_PROVIDER: ({"alg": "RS256"}, {"iss", "sub", "aud", "exp", "iat", "nonce"}),
}


def test_of_an_id_token(identity_provider: Provider, tell: Tell) -> None:
    """One has no `typ`, and another algorithm than access tokens; both are for the client."""
    header, claims = parts_of(log_in(identity_provider, "openid")["id_token"])
    tell("an ID token: header", header)
    tell("an ID token: claims", claims)
    expected_header, names = ID_TOKENS[identity_provider.name]
    assert expected_header == {name: value for name, value in header.items() if name != "kid"}
    assert names == set(claims)
    assert (identity_provider.issuer, "web") == (claims["iss"], claims["aud"])


def test_of_the_user_by_number(toolkit: Provider, tell: Tell) -> None:
    """The toolkit names the user by number where it signs, and by name where it is asked."""
    granted = log_in(toolkit, "openid")
    _, claims = parts_of(granted["id_token"])
    said = toolkit.ask(granted["access_token"]).json()
    tell("the user: signed, and asked about", [claims["sub"], said["username"]])
    assert ("1", "alice", None) == (claims["sub"], said["username"], said.get("sub"))
