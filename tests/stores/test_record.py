"""Records, and how a token is issued."""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.stores import DEFAULT_LIFETIME_SECONDS, DuplicateToken, TokenRecord, issue

DIGEST = sha256(b"token").digest()

NO_LIFETIME = "lifetime_seconds must be a finite number above 0"


def record(**changes: Any) -> TokenRecord:
    return TokenRecord(
        **{"digest": DIGEST, "subject": "alice", "issued_at": 1.0, "expires_at": None, **changes}
    )


def test_a_token_is_named_by_the_beginning_of_its_digest() -> None:
    """16 hexadecimal digits."""
    assert DIGEST.hex()[:16] == record().token_id


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"digest": b"short"}, "digest must be the 32 bytes of a SHA-256"),
        ({"digest": DIGEST.hex()[:32]}, "digest must be the 32 bytes of a SHA-256"),
        ({"subject": ""}, "subject, client_id and label must be text that is not empty, or None"),
        ({"client_id": 7}, "subject, client_id and label must be text that is not empty, or None"),
        ({"label": "\ud800"}, "subject, client_id and label must be Unicode text"),
        ({"scopes": {"tag"}}, "scopes must be a frozenset of scope names"),
        ({"scopes": frozenset({"a b"})}, "scopes must be names without spaces"),
        ({"expires_at": math.nan}, "instants must be Unix seconds"),
        ({"expires_at": math.inf}, "instants must be Unix seconds"),
        ({"expires_at": 1_700_000_000_000}, r"not milliseconds"),
        ({"issued_at": -1.0}, "instants must be Unix seconds"),
        ({"revoked_at": True}, "instants must be Unix seconds"),
        ({"issued_at": "1"}, "instants must be Unix seconds"),
    ],
)
def test_a_record_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    """Nothing that would be misread later gets into a store."""
    with pytest.raises(ValueError, match=message):
        record(**changes)


def test_names_may_be_in_any_script() -> None:
    """Users have names."""
    assert "Zoë 文" == record(subject="Zoë 文").subject


def test_an_issued_token_can_be_found_by_its_hash_only() -> None:
    """The record has the SHA-256, and nothing of the token."""
    token, made = issue(
        subject="alice", client_id="app", scopes=["tag", "rating"], label="laptop", now=lambda: 10.0
    )
    assert token.startswith("bg_")
    expected = TokenRecord(
        sha256(token.encode()).digest(),
        "alice",
        client_id="app",
        scopes=frozenset({"tag", "rating"}),
        issued_at=10.0,
        expires_at=10.0 + DEFAULT_LIFETIME_SECONDS,
        label="laptop",
    )
    assert expected == made
    assert token[3:] not in repr(made)


def test_a_lifetime_of_none_never_expires() -> None:
    """Only on demand."""
    assert issue(client_id="app", lifetime_seconds=None)[1].expires_at is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "a token needs a user, an application or both"),
        ({"subject": ""}, "subject, client_id and label must be text"),
        ({"subject": "alice", "scopes": "tag rating"}, "scopes must be several names"),
        ({"subject": "alice", "scopes": ["tag rating"]}, "scopes must be names without spaces"),
        ({"subject": "alice", "lifetime_seconds": 0}, NO_LIFETIME),
        ({"subject": "alice", "lifetime_seconds": -1}, NO_LIFETIME),
        ({"subject": "alice", "lifetime_seconds": "90d"}, NO_LIFETIME),
        ({"subject": "alice", "lifetime_seconds": True}, NO_LIFETIME),
        ({"subject": "alice", "scopes": 5}, "scopes must be several names"),
        (
            {"subject": "alice", "lifetime_seconds": math.nan},
            NO_LIFETIME,
        ),
        (
            {"subject": "alice", "lifetime_seconds": math.inf},
            NO_LIFETIME,
        ),
        ({"subject": "alice", "lifetime_seconds": 1e300}, "instants must be Unix seconds"),
        ({"subject": "alice", "prefix": "a b"}, "a token prefix is"),
    ],
)
def test_a_token_that_cannot_be_is_not_issued(arguments: dict[str, Any], message: str) -> None:
    """The mistake is named where it is made."""
    with pytest.raises(ConfigurationError, match=message):
        issue(**arguments)


def test_a_duplicate_is_named_by_its_id() -> None:
    """Never by the token, which nobody has."""
    assert f"the token {DIGEST.hex()[:16]} is in the store already" == str(DuplicateToken(DIGEST))
