"""What the claims of a JWT may be, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.signing import access_claims, claiming, sign, text_of
from tests.support import RESOURCE, START
from tests.verifiers.introspecting import lines, warnings
from tests.verifiers.verifying import NAME, PASSED, Api, Edge, refused


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
    ambiguous = refused("a user by the application's name")
    assert ambiguous == api.outcome(claiming(email="app"))


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
