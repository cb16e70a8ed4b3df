"""What the claims of a JWT may be, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken, Bearer
from tests.signing import access_claims, claiming, sign, text_of
from tests.support import RESOURCE, START
from tests.verifiers.introspecting import lines, warnings
from tests.verifiers.verifying import NAME, PASSED, Api, Edge, refused

AMBIGUOUS = refused("a user by the application's name")


def test_scopes_in_another_form_are_none_and_told_once(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """Less than was meant is safe; and only of a token that is signed."""
    api = Api(edge)
    token = claiming(scope=["tag"])
    api.outcome(token[:-4] + "AAAA")
    assert [] == lines(caplog)
    assert [PASSED, PASSED] == [api.outcome(token), api.outcome(token)]
    assert frozenset() == api.facts.scopes
    told = f"{NAME} gives scopes in a form that is not understood, so its tokens have none: see scopes_from="
    assert [told] == warnings(caplog)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("scp", "tag rating", {"tag", "rating"}),
        ("scp", ["tag", "rating"], {"tag", "rating"}),
        ("roles", ["Tag.Read"], {"Tag.Read"}),
        ("permissions", ["read:tags"], {"read:tags"}),
        ("permissions", [], set()),
        ("permissions", ..., set()),
    ],
)
def test_scopes_can_be_those_of_another_claim(
    edge: Edge, name: str, value: Any, expected: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A text or a list, and then `scope` means nothing."""
    api = Api(edge, scopes_from=name)
    assert PASSED == api.outcome(claiming(scope="admin", **{name: value}))
    assert expected == api.facts.scopes
    assert [] == lines(caplog)


def test_the_subject_can_be_that_of_another_claim(edge: Edge) -> None:
    """But a name that a user has chosen must not become an application's."""
    api = Api(edge, subject_from="email")
    assert PASSED == api.outcome(claiming(sub="4711", email="alice@example.org"))
    assert "alice@example.org" == api.facts.subject
    assert AMBIGUOUS == api.outcome(claiming(email="app"))


@pytest.mark.parametrize(("header", "settings"), [({}, {}), ({"typ": "JWT"}, {"typ": ("JWT",)})])
def test_a_user_whom_the_chosen_claim_does_not_name_is_refused(
    edge: Edge, header: dict[str, Any], settings: dict[str, Any]
) -> None:
    """To the guard it would be the application; one whose `sub` is the client is one."""
    asked: list[AccessToken] = []
    guard = {"load_user": lambda facts: asked.append(facts) or "user"}
    api = Api(edge, subject_from="email", guard=guard, **settings)
    assert AMBIGUOUS == api.outcome(sign(access_claims(), header=header))
    assert PASSED == api.outcome(sign(access_claims(sub="app"), header=header))
    assert (True, []) == (api.facts.is_application, asked)


def test_a_plain_jwt_need_not_have_a_sub(edge: Edge) -> None:
    """But somebody: all tokens of nobody would be one application."""
    api = Api(edge, typ=("JWT",), subject_from="email")
    header = {"typ": "JWT"}
    assert PASSED == api.outcome(sign(access_claims(sub=...), header=header))
    assert api.facts.is_application
    missing = refused("a claim is missing or has another value")
    for usual in (api, Api(edge, typ=("JWT",)), Api(edge, typ=("JWT",), require_claims=())):
        assert missing == usual.outcome(sign(access_claims(sub=..., client_id=...), header=header))


def test_claims_hold_so_many_values_and_no_more(edge: Edge) -> None:
    """A stranger's token is read before its signature is looked at; commas in texts are free."""
    api = Api(edge, guard={"schemes": [Bearer(max_token_bytes=64 * 1024)]})
    names = ["CN=x,OU=y,DC=example,DC=org"] * 400
    assert [PASSED, PASSED] == [
        api.outcome(claiming(groups=names)),
        api.outcome(claiming(note='"\\,[{' * 600)),
    ]
    assert refused("malformed") == api.outcome(claiming(groups=["x"] * 512))
    assert refused("malformed") == api.outcome(claiming(x=[{}] * 300))


def test_nothing_is_made_of_a_token_before_its_signature_is_good(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts are copies of all its claims, which a stranger can have many of."""
    made: list[Any] = []
    monkeypatch.setattr("bearerguard.token.freeze", lambda value: made.append(value) or value)
    api = Api(edge)
    good = sign()
    assert refused("bad signature") == api.outcome(good[:-8] + "AAAAAAAA")
    assert [] == made
    assert (PASSED, 1) == (api.outcome(good), len(made))


def test_a_client_without_a_user_is_an_application(edge: Edge) -> None:
    """RFC 9068 section 2.2: its `sub` is then the client itself."""
    api = Api(edge)
    assert PASSED == api.outcome(claiming(sub="app"))
    assert (True, None) == (api.facts.is_application, api.app.authentication.user.subject)  # type: ignore[union-attr]


@pytest.mark.parametrize("aud", [RESOURCE, [RESOURCE], ["https://other.example.org", RESOURCE]])
def test_one_of_the_audiences_must_be_ours(edge: Edge, aud: Any) -> None:
    """A text or a list (RFC 7519 section 4.1.3)."""
    assert PASSED == Api(edge).outcome(claiming(aud=aud))


@pytest.mark.parametrize("changes", [{"iat": ...}, {"nbf": START}, {"nbf": START + 30}, {"iat": START + 300}])
def test_what_may_be_missing_or_a_little_ahead(edge: Edge, changes: dict[str, Any]) -> None:
    """Clocks differ (RFC 7519 section 4.1.4); on `iat` nothing depends."""
    assert PASSED == Api(edge).outcome(claiming(**changes))


def test_escapes_in_the_json_are_the_characters_that_they_stand_for(edge: Edge) -> None:
    """Texts are compared once they are decoded."""
    header = rb'{"\u0061lg":"RS25\u0036","typ":"at\u002bjwt","kid":"rs\u0061"}'
    escaped = rb'"iss":"https:\/\/as.ex\u0061mple.org"'
    claims = text_of(access_claims()).encode().replace(b'"iss":"https://as.example.org"', escaped)
    assert escaped in claims
    assert PASSED == Api(edge).outcome(sign(claims, header=header))
