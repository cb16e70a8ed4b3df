"""The facts about a token: shared between requests, so nothing in them changes."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import pytest

from bearerguard import AccessToken, Authentication, User
from bearerguard.credentials import Credentials
from bearerguard.token import ANONYMOUS, ANONYMOUS_USER, FrozenClaims, authentication_of, freeze


def test_every_fact_has_a_default() -> None:
    """A test or a function may say only what it knows."""
    facts = AccessToken()
    assert (None, None, frozenset(), (), None, {}) == (
        facts.subject,
        facts.client_id,
        facts.scopes,
        facts.audience,
        facts.expires_at,
        facts.claims,
    )


@pytest.mark.parametrize("scopes", [["a", "b"], ("a", "b"), {"a", "b"}, {"a": 1, "b": 2}, iter(["a", "b"])])
def test_scopes_may_be_any_iterable_of_names(scopes: Any) -> None:
    """A generator is read once, and all of it is kept."""
    assert frozenset({"a", "b"}) == AccessToken(scopes=scopes).scopes


@pytest.mark.parametrize(("audience", "kept"), [("a", ("a",)), (["a", "b"], ("a", "b")), ((), ())])
def test_an_audience_is_one_string_or_several(audience: Any, kept: tuple[str, ...]) -> None:
    """RFC 7519 section 4.1.3."""
    assert kept == AccessToken(audience=audience).audience


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": 5},
        {"client_id": b"app"},
        {"issuer": ""},
        {"scopes": "tag rating"},
        {"scopes": ["tag rating"]},
        {"scopes": [""]},
        {"scopes": [5]},
        {"scopes": None},
        {"audience": [5]},
        {"audience": None},
        {"expires_at": "soon"},
        {"expires_at": True},
        {"expires_at": math.nan},
        {"expires_at": math.inf},
        {"not_before": -math.inf},
        {"issued_at": [1]},
    ],
)
def test_a_fact_of_the_wrong_type_is_no_fact(wrong: dict[str, Any]) -> None:
    """An expiry that is not a number would never come."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AccessToken(**wrong)


def test_claims_are_a_copy_that_cannot_be_changed() -> None:
    """What a caller does to an answer never changes the cached one, at any depth."""
    given: dict[str, Any] = {"a": [1, {"b": 2}], "c": {"d": [3]}, "e": {4}}
    facts = AccessToken(claims=given, confirmation={"jkt": "x"})
    given["a"][1]["b"] = 9
    given["e"].add(9)
    given["f"] = 9
    assert {"a": (1, {"b": 2}), "c": {"d": (3,)}, "e": {4}} == facts.claims
    assert isinstance(facts.claims["e"], frozenset)
    for change in (
        lambda: facts.claims.__setitem__("x", 1),  # type: ignore[attr-defined]
        lambda: facts.claims["c"].__delitem__("d"),
        lambda: facts.claims["a"][1].update(b=3),
        lambda: facts.claims.clear(),  # type: ignore[attr-defined]
        lambda: facts.claims.pop("a"),  # type: ignore[attr-defined]
        lambda: facts.claims.popitem(),  # type: ignore[attr-defined]
        lambda: facts.claims.setdefault("x", 1),  # type: ignore[attr-defined]
        lambda: facts.claims.__ior__({"x": 1}),  # type: ignore[attr-defined]
        lambda: facts.confirmation.__setitem__("jkt", "y"),  # type: ignore[union-attr]
    ):
        with pytest.raises(
            TypeError, match=r"claims are shared between requests: copy them with dict\(claims\)"
        ):
            change()


def test_claims_can_be_dumped_copied_and_pickled() -> None:
    """They are a dict to whoever only reads."""
    claims = freeze({"a": [1, {"b": None}]})
    assert '{"a": [1, {"b": null}]}' == json.dumps(claims)
    for same in (copy.copy(claims), copy.deepcopy(claims), pickle.loads(pickle.dumps(claims))):  # noqa: S301
        assert (claims, FrozenClaims) == (same, type(same))


@pytest.mark.parametrize("name", ["subject", "scopes", "claims", "expires_at", "anything"])
def test_facts_cannot_be_changed(name: str) -> None:
    """Nor can one be added."""
    with pytest.raises((AttributeError, TypeError)):
        setattr(AccessToken(), name, "x")


def test_claims_do_not_show() -> None:
    """A repr may end in a log."""
    assert "secret" not in repr(AccessToken(claims={"email": "secret"}))


@pytest.mark.parametrize(
    ("subject", "client_id", "is_application"),
    [
        (None, None, True),
        (None, "app", True),
        ("app", "app", True),
        ("alice", "app", False),
        ("alice", None, False),
    ],
)
def test_an_application_without_a_user(subject: Any, client_id: Any, is_application: bool) -> None:
    """RFC 6749 section 4.4: no subject, or one that is the client."""
    assert is_application == AccessToken(subject=subject, client_id=client_id).is_application


@pytest.mark.parametrize(
    ("facts", "many", "subject", "identity", "display_name"),
    [
        ({"subject": "alice", "client_id": "app"}, False, "alice", "alice", "alice"),
        ({"subject": "alice", "issuer": "https://a"}, True, "alice", "https://a|alice", "alice"),
        ({"subject": "alice", "verifier": "stored:x_"}, True, "alice", "stored:x_|alice", "alice"),
        ({"subject": "b|c", "issuer": "a"}, True, "b|c", "a|b|c", "b|c"),
        ({"subject": "c", "issuer": "a|b"}, True, "c", "a%7Cb|c", "c"),
        ({"subject": "c", "issuer": "a%7Cb"}, True, "c", "a%257Cb|c", "c"),
        ({"subject": "client:app"}, False, "client:app", "user:client:app", "client:app"),
        ({"subject": "user:client:app"}, False, "user:client:app", "user:user:client:app", "user:client:app"),
        ({"client_id": "app"}, False, None, "client:app", "app"),
        ({"subject": "app", "client_id": "app"}, False, None, "client:app", "app"),
        ({}, False, None, "client:", ""),
    ],
)
def test_the_default_user(
    facts: dict[str, str], many: bool, subject: str | None, identity: str, display_name: str
) -> None:
    """One sub from two issuers is never one user, and an application is never a user of its name."""
    token = AccessToken(scopes={"tag"}, **facts)  # type: ignore[arg-type]
    user = authentication_of(token, Credentials("Bearer", b"token"), many, token.scopes, many).user
    assert (subject, identity, display_name) == (user.subject, user.identity, user.display_name)
    assert (facts.get("client_id"), {"tag"}) == (user.client_id, user.scopes)
    assert (True, False) == (user.is_authenticated, user.is_anonymous)


def test_an_authentication_gives_what_routes_ask_for() -> None:
    """subject, client_id and scopes, without a detour."""
    facts = AccessToken(subject="alice", client_id="app", scopes={"tag"})  # type: ignore[arg-type]
    found = Authentication(facts, None)
    assert ("alice", "app", {"tag"}, "Bearer") == (found.subject, found.client_id, found.scopes, found.scheme)


def test_it_is_built_once_for_all_requests() -> None:
    """Left with the facts, where the cache keeps them; the facts stay equal."""
    facts = AccessToken(subject="alice")
    found = authentication_of(facts, Credentials("Bearer", b"token"), False, facts.scopes, False)
    assert facts._authentication == ("Bearer", False, found)
    assert facts == AccessToken(subject="alice")


def test_nobody_is_a_user_without_scopes() -> None:
    """What is attached where no token came."""
    assert (frozenset(), User(is_authenticated=False)) == (ANONYMOUS.scopes, ANONYMOUS_USER)
    assert ANONYMOUS_USER.is_anonymous
