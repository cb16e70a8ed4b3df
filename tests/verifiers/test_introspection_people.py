"""Whom an active token speaks for, and how far it reaches (RFC 7662 section 2.2)."""

from __future__ import annotations

from typing import Any

import pytest

from bearerguard import AccessToken
from tests.clients.answering import active
from tests.verifiers.introspecting import NAME, PASSED, Edge, Remote, warnings

NO_SCOPES = f"{NAME} gives scopes in a form that is not understood, so its tokens have none: see scopes_from="


@pytest.mark.parametrize(
    ("claims", "subject", "identity"),
    [
        ({"sub": "alice"}, "alice", "alice"),
        ({"sub": "alice", "client_id": None}, "alice", "alice"),
        ({"sub": "alice", "client_id": "alice"}, None, "client:alice"),
        ({"sub": None, "client_id": "app"}, None, "client:app"),
        ({"sub": ..., "client_id": "app"}, None, "client:app"),
        ({"sub": ..., "client_id": ...}, None, "client:"),
        ({"sub": "client:app"}, "client:app", "user:client:app"),
        ({"sub": None, "username": "alice"}, None, "client:app"),
    ],
)
def test_who_is_there(edge: Edge, claims: dict[str, Any], subject: str | None, identity: str) -> None:
    """No subject, or the client's own name: an application without a user; a username is for show."""
    asked: list[AccessToken] = []
    remote = Remote(edge, active(**claims))
    assert PASSED == remote.outcome()
    authentication = remote.app.authentication
    assert authentication is not None
    assert (subject, identity) == (authentication.user.subject, authentication.user.identity)
    loading = Remote(edge, active(**claims), guard={"load_user": lambda facts: asked.append(facts) or "user"})
    assert PASSED == loading.outcome()
    assert (subject is not None) == bool(asked)


@pytest.mark.parametrize(
    ("claims", "subject"),
    [
        ({"sub": ..., "username": "alice"}, "alice"),
        ({"sub": "7f3a", "username": "alice"}, "alice"),
        ({"sub": "app", "username": ...}, None),
        ({"sub": "app", "username": None}, None),
        ({"sub": ..., "username": ...}, None),
        ({"sub": None, "username": None}, None),
        ({"sub": ..., "username": ..., "client_id": ...}, None),
        ({"sub": None, "username": "alice"}, "alice"),
    ],
)
def test_the_subject_may_come_from_another_member(
    edge: Edge, claims: dict[str, Any], subject: str | None
) -> None:
    """The usual one is not looked at then, so that one user never has two names."""
    remote = Remote(edge, active(**claims), subject_from="username")
    assert PASSED == remote.outcome()
    authentication = remote.app.authentication
    assert authentication is not None
    assert subject == authentication.user.subject


def test_a_user_by_the_name_of_an_application_is_refused(edge: Edge) -> None:
    """Who may choose a username must not become an application by it; a `sub` is not chosen."""
    claims = {"sub": "7f3a", "username": "app", "client_id": "app"}
    remote = Remote(edge, active(**claims), subject_from="username")
    assert (401, "invalid_token: a user by the application's name") == remote.outcome()
    assert PASSED == Remote(edge, active(**{**claims, "sub": "app"}), subject_from="sub").outcome()


@pytest.mark.parametrize("says", [None, ...])
@pytest.mark.parametrize("client", ["app", None, ...])
def test_a_user_whom_the_chosen_member_does_not_name_is_refused(edge: Edge, says: Any, client: Any) -> None:
    """To the guard it would be the application, and nobody would load the user whom `sub` names."""
    asked: list[AccessToken] = []
    guard = {"load_user": lambda facts: asked.append(facts) or "user"}
    answer = active(sub="7f3a", username=says, client_id=client)
    remote = Remote(edge, answer, subject_from="username", guard=guard)
    assert (401, "invalid_token: a user by the application's name") == remote.outcome()
    assert [] == asked


def test_null_is_nobody_whichever_member_says_it(edge: Edge) -> None:
    """Also in a member of the server's own."""
    remote = Remote(edge, active(sub=..., uid=None), subject_from="uid")
    assert (PASSED, None) == (remote.outcome(), remote.facts.subject)


@pytest.mark.parametrize("says", [5, True, "", ["alice"], {}])
def test_a_subject_of_another_type_makes_no_sense(edge: Edge, says: Any) -> None:
    """Whichever member it comes from."""
    for member, setting in (("sub", None), ("uid", "uid"), ("sub", "uid")):
        remote = Remote(edge, active(**{member: says}), subject_from=setting)
        assert (503, f"its answer makes no sense: {member} is not a text") == remote.outcome()


@pytest.mark.parametrize(
    ("says", "scopes"), [("tag", {"tag"}), ("b a b", {"a", "b"}), ("", set()), (..., set())]
)
def test_scope_is_a_string(edge: Edge, caplog: pytest.LogCaptureFixture, says: Any, scopes: set[str]) -> None:
    """Names, each after one space; none at all is nothing to warn of."""
    remote = Remote(edge, active(scope=says))
    assert (PASSED, scopes, []) == (remote.outcome(), remote.facts.scopes, warnings(caplog))


@pytest.mark.parametrize(
    "says", [["tag"], [], {"tag": True}, 5, True, None, "a  b", " a", "a ", "a,b c\td", 'a"', "ä", "a\nb"]
)
def test_scope_in_another_form_is_no_scopes(edge: Edge, caplog: pytest.LogCaptureFixture, says: Any) -> None:
    """And a warning in ten seconds, which names the setting; the token is good as far as it reaches."""
    remote = Remote(edge, active(scope=says))
    assert [(PASSED, set())] * 3 == [(remote.outcome(), remote.facts.scopes) for _ in range(3)]
    assert [NO_SCOPES] == warnings(caplog)
    remote.move(9.5)
    assert (PASSED, []) == (remote.outcome(), warnings(caplog))
    remote.move(0.5)
    assert (PASSED, [NO_SCOPES]) == (remote.outcome(), warnings(caplog))


@pytest.mark.parametrize("member", ["scp", "permissions", "scope", "https://example.org/scopes"])
@pytest.mark.parametrize(
    ("says", "scopes"),
    [("tag rating", {"tag", "rating"}), (["tag", "rating"], {"tag", "rating"}), ([], set()), ("", set())],
)
def test_scopes_may_come_from_another_member(
    edge: Edge, caplog: pytest.LogCaptureFixture, member: str, says: Any, scopes: set[str]
) -> None:
    """A string or a list; the usual one is not looked at then."""
    remote = Remote(edge, active(**{"scope": ["x"], member: says}), scopes_from=member)
    assert (PASSED, scopes, []) == (remote.outcome(), remote.facts.scopes, warnings(caplog))


def test_a_member_that_is_missing_is_no_scopes(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    """A token without any is nothing to warn of; and no other member takes its place."""
    remote = Remote(edge, active(scope="tag"), scopes_from="scp")
    assert (PASSED, set(), []) == (remote.outcome(), remote.facts.scopes, warnings(caplog))


@pytest.mark.parametrize("says", [{"tag": True}, 5, True, None, ["a b"], [""], ["a", 5], [["a"]], "a  b"])
def test_another_member_in_another_form_is_no_scopes_either(
    edge: Edge, caplog: pytest.LogCaptureFixture, says: Any
) -> None:
    """One wrong name spoils the list: half of what was granted may be more than was meant."""
    remote = Remote(edge, active(scp=says), scopes_from="scp")
    assert (PASSED, set(), [NO_SCOPES]) == (remote.outcome(), remote.facts.scopes, warnings(caplog))
