"""Plain JWTs: which are access tokens, and which are something else (RFC 8725 section 3.12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.signing import RSA, sign
from tests.support import RESOURCE, START
from tests.verifiers.verifying import ISSUER, PASSED, Api, Edge, Outcome, refused

PLAIN = ("JWT",)
WRONG_TYPE = refused("not an access token")
MISSING = refused("a claim is missing or has another value")
ODD = refused("a claim makes no sense")
NO_AUDIENCE = refused("no audience")

LEAST: dict[str, Any] = {"iss": ISSUER, "aud": RESOURCE, "exp": START + 3600}
"""What an ID token and an access token both have; with a `sub` it could be either."""


def plain(*, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token whose header says JWT."""
    return sign({**LEAST, **claims}, header={"typ": "JWT", **(header or {})})


# What their documentation shows, by issuer: header, claims, settings, and what becomes of it.
ACCESS_TOKENS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Keycloak": ({"sub": "u", "typ": "Bearer", "azp": "app", "scope": "openid", "jti": "j", "sid": "s"}, {}),
    "Keycloak before 25": ({"sub": "u", "typ": "Bearer", "azp": "app", "nonce": "n", "auth_time": 1}, {}),
    "Keycloak for itself": ({"sub": "u", "typ": "Bearer", "azp": RESOURCE, "client_id": RESOURCE}, {}),
    "Auth0": (
        {"sub": "u", "azp": "app", "scope": "tag", "permissions": ["tag"]},
        {"scopes_from": "permissions"},
    ),
    "Auth0 without scopes": (
        {"sub": "app@clients", "azp": "app", "gty": "client-credentials"},
        {"require_claims": ("gty",)},
    ),
    "Entra 2": (
        {"sub": "u", "azp": "app", "scp": "Tag.Read", "ver": "2.0", "oid": "o"},
        {"scopes_from": "scp"},
    ),
    "Entra 1": ({"sub": "u", "appid": "app", "roles": ["Tag.Read"]}, {"scopes_from": "roles"}),
    "Okta": ({"sub": "u", "cid": "app", "uid": "x", "scp": ["tag"], "ver": 1}, {"scopes_from": "scp"}),
    "Simple JWT": ({"user_id": "7", "token_type": "access", "jti": "j"}, {"subject_from": "user_id"}),
    "home-made": ({"sub": "u", "scope": ""}, {}),
}

OTHER_TOKENS: dict[str, dict[str, Any]] = {
    "the least ID token": {"sub": "u"},
    "of an implicit flow": {"sub": "u", "nonce": "n"},
    "with scopes all the same": {"sub": "u", "nonce": "n", "scope": "openid", "client_id": "app"},
    "of a hybrid flow": {"sub": "u", "c_hash": "x", "at_hash": "x", "client_id": "app"},
    "of Google for another client": {"sub": "u", "azp": "app", "email": "alice@example.org"},
    "of Google": {"sub": "u", "azp": RESOURCE, "email": "alice@example.org"},
    "of Keycloak": {"sub": "u", "typ": "ID", "azp": "app", "sid": "s"},
    "a refresh token of Keycloak": {"sub": "u", "typ": "Refresh", "azp": "app", "scope": "openid"},
    "an offline token of Keycloak": {"sub": "u", "typ": "Offline", "azp": "app", "scope": "openid"},
    "an action of Keycloak": {"sub": "u", "typ": "reset-credentials", "azp": "app"},
    "of Entra 2": {"sub": "u", "ver": "2.0", "oid": "o", "tid": "t", "roles": ["Admin"]},
    "of Cognito": {"sub": "u", "token_use": "id", "cognito:username": "u", "client_id": "app"},
    "a refresh token of Simple JWT": {"user_id": "7", "token_type": "refresh", "jti": "j"},
    "of an authorization endpoint": {"code": "x", "state": "y"},
    "of an implicit flow's endpoint": {
        "access_token": "x",
        "token_type": "bearer",
        "scope": "tag",
        "client_id": "app",
    },
    "of an endpoint that hands over an ID token": {"sub": "u", "id_token": "x", "scope": "openid"},
    "of an endpoint that keeps the state": {"sub": "u", "state": "x", "scope": "openid"},
    "of a code": {"sub": "u", "code": "x", "scope": "openid"},
    "with a refresh token in it": {"sub": "u", "refresh_token": "x", "scope": "openid"},
    "about a user": {"sub": "u", "email": "alice@example.org", "phone_number": "1"},
    "of a logout": {
        "sub": "u",
        "sid": "s",
        "client_id": "app",
        "events": {"http://schemas.openid.net/event/x": {}},
    },
}


@pytest.mark.parametrize("issuer", ACCESS_TOKENS)
def test_an_access_token_of_each_issuer_passes(edge: Edge, issuer: str) -> None:
    """With the settings of its row, and a header that says JWT or nothing."""
    claims, settings = ACCESS_TOKENS[issuer]
    api = Api(edge, typ=PLAIN, **settings)
    for header in ({}, {"typ": "jwt"}, {"typ": "application/jwt"}, {"typ": ...}):
        assert PASSED == api.outcome(plain(header=header, **claims))


@pytest.mark.parametrize("issuer", ACCESS_TOKENS)
def test_it_does_not_pass_without_the_choice(edge: Edge, issuer: str) -> None:
    """A header that says no more than JWT is nobody's access token by default (RFC 8725 section 3.11)."""
    claims, settings = ACCESS_TOKENS[issuer]
    assert WRONG_TYPE == Api(edge, **settings).outcome(plain(**claims))


@pytest.mark.parametrize("kind", OTHER_TOKENS)
def test_another_token_of_the_same_issuer_is_refused(edge: Edge, kind: str) -> None:
    """Though it is signed by the same key, for the same audience."""
    assert WRONG_TYPE == Api(edge, typ=PLAIN).outcome(plain(**OTHER_TOKENS[kind]))


@pytest.mark.parametrize("name", ["typ", "token_use", "token_type"])
@pytest.mark.parametrize("value", [5, None, "", ["Bearer"], True])
def test_what_a_token_calls_itself_must_be_a_text(edge: Edge, name: str, value: Any) -> None:
    """Anything else says nothing."""
    assert ODD == Api(edge, typ=PLAIN).outcome(plain(sub="u", scope="tag", **{name: value}))


def test_scopes_out_of_roles_do_not_make_an_access_token(edge: Edge) -> None:
    """Entra's ID tokens have them too."""
    api = Api(edge, typ=PLAIN, scopes_from="roles")
    assert WRONG_TYPE == api.outcome(plain(**OTHER_TOKENS["of Entra 2"]))


def test_a_claim_that_says_jwt_says_nothing(edge: Edge) -> None:
    """As the header does."""
    api = Api(edge, typ=PLAIN)
    assert [WRONG_TYPE, PASSED] == [
        api.outcome(plain(sub="u", typ="JWT", **more)) for more in ({}, {"scope": ""})
    ]


def required(edge: Edge, require_claims: Any, **claims: Any) -> Outcome:
    return Api(edge, typ=PLAIN, require_claims=require_claims).outcome(plain(sub="u", **claims))


@pytest.mark.parametrize("names", [("scope",), ["scope", "sub"], {"scope"}, frozenset({"scope"})])
def test_a_claim_can_be_required(edge: Edge, names: Any) -> None:
    """It must be there, and not null."""
    assert PASSED == required(edge, names, scope="")
    assert MISSING == required(edge, names)
    assert MISSING == required(edge, names, scope=None)


@pytest.mark.parametrize("value", ["id", "Access", ["access"], 5, None, ...])
def test_a_claim_can_be_required_to_be_a_text(edge: Edge, value: Any) -> None:
    """As it stands."""
    claims = {} if value is ... else {"use": value}
    wanted = {"use": "access"}
    assert [PASSED, MISSING] == [required(edge, wanted, use="access"), required(edge, wanted, **claims)]


def test_claims_that_are_required_replace_the_guess(edge: Edge) -> None:
    """Whoever names them knows his issuer; what only other tokens have is refused all the same."""
    assert PASSED == required(edge, ("ext",), ext={}, nonce="n")
    assert PASSED == required(edge, ())
    assert WRONG_TYPE == required(edge, (), at_hash="x")
    assert WRONG_TYPE == required(edge, (), typ="ID")
    assert WRONG_TYPE == required(edge, (), events={})
    assert WRONG_TYPE == required(edge, (), access_token="x")


def test_claims_can_be_required_of_an_at_jwt_too(edge: Edge) -> None:
    """Besides what RFC 9068 requires."""
    api = Api(edge, require_claims={"tenant": "a"})
    assert [MISSING, PASSED] == [api.outcome(), api.outcome(sign({**_profile(), "tenant": "a"}))]


def test_both_types_can_be_accepted_each_by_its_own_rules(edge: Edge) -> None:
    """A plain one needs no `jti`, an at+jwt does."""
    api = Api(edge, typ=("at+jwt", "JWT"))
    least = {**LEAST, "sub": "u", "client_id": "app"}
    assert [PASSED, PASSED] == [api.outcome(), api.outcome(sign(least, header={"typ": "JWT"}))]
    assert MISSING == api.outcome(sign(least))


def test_an_at_jwt_is_not_accepted_unless_it_is_asked_for(edge: Edge) -> None:
    """`typ` is the whole list."""
    assert WRONG_TYPE == Api(edge, typ=PLAIN).outcome()


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"client_id": "a", "azp": "b", "cid": "c", "appid": "d"}, "a"),
        ({"azp": "b", "cid": "c", "appid": "d"}, "b"),
        ({"azp": "b", "scope": ""}, "b"),
        ({"cid": "c", "appid": "d"}, "c"),
        ({"appid": "d"}, "d"),
    ],
)
def test_the_client_is_what_its_issuer_calls_it(
    edge: Edge, claims: dict[str, Any], client: str | None
) -> None:
    """And without a user, or with one who is the client, it is an application."""
    api = Api(edge, typ=PLAIN)
    assert PASSED == api.outcome(plain(sub="u", **claims))
    assert (client, False) == (api.facts.client_id, api.facts.is_application)
    assert PASSED == api.outcome(plain(**claims))
    assert api.facts.is_application


@pytest.mark.parametrize("name", ["client_id", "azp", "cid", "appid", "sub", "jti"])
@pytest.mark.parametrize("value", [5, None, "", ["x"]])
def test_who_it_is_must_be_a_text(edge: Edge, name: str, value: Any) -> None:
    """Null is not a name, nor the absence of one."""
    claims = {"sub": "u", "scope": "tag", name: value}
    assert ODD == Api(edge, typ=PLAIN).outcome(plain(**claims))


def test_an_audience_must_be_there_unless_told_otherwise(edge: Edge) -> None:
    """Cognito's access tokens name none; an empty list is nobody."""
    token = sign({"iss": ISSUER, "exp": START + 9, "sub": "u", "token_use": "access"}, header={"typ": ...})
    nobody = plain(sub="u", scope="", aud=[])
    assert NO_AUDIENCE == Api(edge, typ=PLAIN).outcome(token)
    lenient = Api(edge, typ=PLAIN, require_audience=False)
    assert [PASSED, NO_AUDIENCE] == [lenient.outcome(token), lenient.outcome(nobody)]
    assert refused("wrong audience") == lenient.outcome(plain(sub="u", scope="", aud="x"))


def test_an_at_jwt_must_always_name_an_audience(edge: Edge) -> None:
    """RFC 9068 section 2.2."""
    claims = {name: value for name, value in _profile().items() if name != "aud"}
    api = Api(edge, typ=("at+jwt", "JWT"), require_audience=False)
    assert NO_AUDIENCE == api.outcome(sign(claims, key=RSA))


def _profile() -> dict[str, Any]:
    return {**LEAST, "sub": "u", "client_id": "app", "jti": "j", "scope": "tag"}
