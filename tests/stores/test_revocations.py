"""Revocations of what others have issued, as records of a token store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenAdministration, TokenRecord, digest_of
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.revocations import (
    is_revocation,
    key_of_jti,
    key_of_subject,
    key_of_token,
    revocation_of_jti,
    revocation_of_subject,
    revocation_of_token,
)
from bearerguard.stores.sqlite import SqliteTokenStore

NOW = 1_000.0
DAY = 86_400.0
ISSUER = "https://as.example.org"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TokenAdministration]:
    if request.param == "memory":
        yield MemoryTokenStore(now=lambda: NOW)
    else:
        sqlite = SqliteTokenStore(tmp_path / "tokens.db", now=lambda: NOW)
        yield sqlite
        sqlite.close()


def now() -> float:
    return NOW


def of_alice(issued_before: float = NOW, expires_at: float | None = None) -> TokenRecord:
    return revocation_of_subject(ISSUER, "alice", issued_before=issued_before, expires_at=expires_at)


def test_a_revocation_says_what_it_revokes_and_until_when_it_is_kept() -> None:
    """A day longer than the token lives, which is more than any leeway; it is of nobody, and not revoked."""
    token = revocation_of_token("a.b.c", expires_at=5_000.0, now=now)
    expected = TokenRecord(
        key_of_token(b"a.b.c"),
        issued_at=NOW,
        expires_at=5_000.0 + DAY,
        label=f"revokes the token {digest_of('a.b.c').hex()[:16]}",
    )
    assert expected == token
    jti = revocation_of_jti(ISSUER, "j", expires_at=None, now=now)
    assert (key_of_jti(ISSUER, "j"), NOW, None) == (jti.digest, jti.issued_at, jti.expires_at)
    assert f"revokes the token j of {ISSUER}" == jti.label
    subject = revocation_of_subject(ISSUER, "alice", now=now)
    assert (key_of_subject(ISSUER, "alice"), NOW, None) == (
        subject.digest,
        subject.issued_at,
        subject.expires_at,
    )
    assert f"revokes what {ISSUER} had issued to alice" == subject.label


def test_no_two_things_have_one_key() -> None:
    """Not by moving a letter from one name to the next, nor by another kind."""
    keys = {
        key_of_jti("a", "bc"),
        key_of_jti("ab", "c"),
        key_of_jti("a", 'b","c'),
        key_of_jti("a", "\ud800"),
        key_of_subject("a", "bc"),
        key_of_subject("a", ""),
        key_of_token(b"a"),
        key_of_token(b"bc"),
    }
    assert 8 == len(keys)
    assert {32} == {len(key) for key in keys}


def test_a_signed_token_is_revoked_whatever_its_signature() -> None:
    """Others that are as good can be made of it; of a token of another form each character counts."""
    assert key_of_token(b"eyJ.eyJ.x") == key_of_token(b"eyJ.eyJ.y") != key_of_token(b"eyJ.eyX.x")
    assert 4 == len({key_of_token(one) for one in (b"a.b.c", b"a.b.d", b"eyJ.a.b.c.d", b"eyJ.a.b.c.e")})


def test_a_revocation_is_known_by_its_digest_and_has_an_id_of_its_own() -> None:
    """It is no token's; the ID is the beginning."""
    revocations = [of_alice(), revocation_of_jti(ISSUER, "j", expires_at=None)]
    assert [True, True, False] == [
        *(is_revocation(one.digest) for one in revocations),
        is_revocation(digest_of("a.b.c")),
    ]
    assert 2 == len({one.token_id for one in revocations})


def test_what_is_extended_is_found_as_it_was(store: TokenAdministration) -> None:
    """The first time it is added."""
    store.extend(of_alice(expires_at=5.0))
    assert of_alice(expires_at=5.0) == store.find(of_alice().digest)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((10.0, 20.0), (11.0, 21.0), (11.0, 21.0)),
        ((11.0, 20.0), (10.0, 21.0), (11.0, 21.0)),
        ((11.0, 21.0), (10.0, 20.0), (11.0, 21.0)),
        ((10.0, None), (11.0, 21.0), (11.0, None)),
        ((10.0, 20.0), (9.0, None), (10.0, None)),
    ],
)
def test_of_two_revocations_the_one_that_reaches_further_counts(
    store: TokenAdministration, first: Any, second: Any, expected: Any
) -> None:
    """By instant and by expiry, in either order; none is the latest expiry."""
    for one in (first, second, first):
        store.extend(of_alice(*one))
    assert [of_alice(*expected)] == list(store.records())


def test_extending_a_record_changes_nothing_else(store: TokenAdministration) -> None:
    """Whose it is, and whether it was revoked."""
    known = TokenRecord(digest_of("x"), "alice", issued_at=1.0, expires_at=2.0, revoked_at=1.5, label="a")
    store.add(known)
    store.extend(replace(known, subject="bob", issued_at=3.0, expires_at=4.0, revoked_at=None, label="b"))
    assert replace(known, issued_at=3.0, expires_at=4.0) == store.find(known.digest)


def test_listeners_hear_of_a_revocation(store: TokenAdministration) -> None:
    """Each time."""
    heard: list[bytes | None] = []
    store.subscribe(heard.append)
    store.extend(of_alice())
    store.extend(of_alice())
    assert [of_alice().digest] * 2 == heard


def test_revoking_all_of_a_user_leaves_revocations_alone(store: TokenAdministration) -> None:
    """They are of nobody, so nothing makes them end early."""
    store.extend(of_alice())
    assert 0 == store.revoke_all(subject="alice")
    assert [of_alice()] == list(store.records())


def test_a_purge_forgets_a_revocation_only_when_there_is_nothing_left_to_revoke(
    store: TokenAdministration,
) -> None:
    """However long ago it was made."""
    store.extend(of_alice(issued_before=1.0, expires_at=5_000.0))
    store.extend(revocation_of_jti(ISSUER, "j", expires_at=None, now=now))
    assert [0, 0, 1, 0] == [store.purge(before=at) for at in (4_000.0, 5_000.0 + DAY, 5_001.0 + DAY, 1e10)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: revocation_of_jti("", "j", expires_at=None), "issuer="),
        (lambda: revocation_of_jti(ISSUER, "", expires_at=None), "jti="),
        (lambda: revocation_of_jti(ISSUER, None, expires_at=None), "jti="),  # type: ignore[arg-type]
        (lambda: revocation_of_subject(ISSUER, ""), "subject="),
        (lambda: revocation_of_subject(None, "alice"), "issuer="),  # type: ignore[arg-type]
    ],
)
def test_a_revocation_needs_names(make: Any, message: str) -> None:
    """An empty one would be of nobody."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert f"a revocation needs {message} as tokens have it, a text that is not empty" == str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: of_alice(issued_before=float("nan")),
        lambda: of_alice(issued_before=NOW * 1e12),
        lambda: of_alice(expires_at=float("inf")),
        lambda: of_alice(expires_at=-2 * DAY),
    ],
)
def test_instants_are_seconds(make: Any) -> None:
    """One in milliseconds would revoke what is issued in a thousand years."""
    expected = "instants must be Unix seconds (not milliseconds) from 0 to the year 5138"
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert f"a revocation cannot be made: {expected}" == str(caught.value)
