"""Each member of an active answer, with a value of each type (RFC 7662 section 2.2)."""

from __future__ import annotations

import pytest

from tests.clients.answering import active
from tests.verifiers.introspecting import (
    BOUND,
    EXPIRED,
    NO_ACCESS_TOKEN,
    NO_AUDIENCE,
    PASSED,
    UNKNOWN,
    WRONG_AUDIENCE,
    Edge,
    Outcome,
    Remote,
    malformed,
)

# One value of each type, and the empty ones that could be taken for nothing.
VALUES = {
    "text": "x",
    "empty": "",
    "number": 5,
    "fraction": 0.5,
    "true": True,
    "false": False,
    "list": ["x"],
    "nobody": [],
    "object": {"x": 1},
    "nothing": {},
    "null": None,
}


def only(expected: Outcome, *kinds: str, otherwise: Outcome, **others: Outcome) -> dict[str, Outcome]:
    """The outcomes by kind of value: these, those that are named, and one for all the rest."""
    return {**dict.fromkeys(VALUES, otherwise), **dict.fromkeys(kinds, expected), **others}


def text(name: str, outcome: Outcome = PASSED, *more: str) -> dict[str, Outcome]:
    """What must be a text."""
    return only(outcome, "text", *more, otherwise=malformed(f"{name} is not a text"))


def instant(name: str, outcome: Outcome = PASSED) -> dict[str, Outcome]:
    """What must be a number."""
    return only(outcome, "number", "fraction", otherwise=malformed(f"{name} is not a number of seconds"))


OUTCOMES = {
    "active": only(PASSED, "true", otherwise=malformed("active is neither true nor false"), false=UNKNOWN),
    "sub": text("sub", PASSED, "null"),
    "client_id": text("client_id", PASSED, "null"),
    "username": text("username", PASSED, "null"),
    "iss": text("iss"),
    "jti": text("jti"),
    "token_type": text("token_type", NO_ACCESS_TOKEN),
    "token_use": text("token_use", NO_ACCESS_TOKEN),
    "typ": text("typ"),
    "exp": instant("exp", EXPIRED),
    "iat": instant("iat"),
    "nbf": instant("nbf"),
    "aud": only(
        WRONG_AUDIENCE,
        *("text", "empty", "list"),
        nobody=NO_AUDIENCE,
        otherwise=malformed("aud is neither a text nor a list of texts"),
    ),
    "cnf": only(BOUND, "object", "nothing", otherwise=malformed("cnf is not an object")),
    "scope": dict.fromkeys(VALUES, PASSED),
    "groups": dict.fromkeys(VALUES, PASSED),
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("name", OUTCOMES)
def test_every_member_with_every_type(edge: Edge, name: str, kind: str) -> None:
    """A member of the wrong type is a malformed reply: it says nothing, for good or bad."""
    remote = Remote(edge, active(**{name: VALUES[kind]}))
    assert OUTCOMES[name][kind] == remote.outcome()


@pytest.mark.parametrize("name", [name for name in OUTCOMES if name != "active"])
def test_every_member_may_be_missing(edge: Edge, name: str) -> None:
    """All but one are optional."""
    assert PASSED == Remote(edge, active(**{name: ...})).outcome()
