"""Tokens out of our own store."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bearerguard import AccessToken, ConfigurationError, InvalidToken, Reason, StoredTokens, Unavailable
from bearerguard.flow import run
from bearerguard.stores import TokenRecord
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.verifiers import ASK
from bearerguard.wire.local_token import mint
from tests.support import START, BrokenStore, credentials, record_of, stored


class Watched(MemoryTokenStore):
    """A store that counts how often it is asked."""

    asked = 0

    def find(self, digest: bytes) -> Any:  # type: ignore[override]
        self.asked += 1
        return super().find(digest)


def test_what_the_store_knows_are_the_facts() -> None:
    """Whom it speaks for, how far, how long, and who vouches."""
    store = MemoryTokenStore()
    token = stored(store, scopes=("tag", "rating"), lifetime_seconds=60)
    expected = AccessToken(
        subject="alice",
        client_id="app",
        scopes=frozenset({"tag", "rating"}),
        issued_at=START,
        expires_at=START + 60,
        verifier="stored:bg_",
    )
    assert expected == run(StoredTokens(store).verify(credentials(token)))


def reason(verifier: StoredTokens, token: str) -> Reason:
    with pytest.raises(InvalidToken) as caught:
        run(verifier.verify(credentials(token)))
    return caught.value.reason


def test_with_our_prefix_the_answer_is_final() -> None:
    """Unknown, purged and revoked tokens of ours never travel to anybody else."""
    store = MemoryTokenStore()
    token = stored(store)
    store.revoke(next(store.records()).digest)
    verifier = StoredTokens(store)
    assert (Reason.REVOKED, Reason.UNKNOWN) == (reason(verifier, token), reason(verifier, mint()))


def test_a_wrong_checksum_is_refused_without_a_look_up() -> None:
    """A typing error costs nothing."""
    store = Watched()
    verifier = StoredTokens(store)
    assert Reason.BAD_CHECKSUM == reason(verifier, mint()[:-1] + "!".replace("!", "-"))
    with pytest.raises(InvalidToken):
        verifier.recall(credentials("bg_x").token)
    assert 0 == store.asked


def test_another_prefix_is_somebody_elses_without_a_look_up() -> None:
    """None: ask the next one."""
    store = Watched()
    verifier = StoredTokens(store)
    assert (None, None) == (
        verifier.recall(credentials("eyJ").token),
        run(verifier.verify(credentials("eyJ"))),
    )
    assert 0 == store.asked


def test_without_a_prefix_every_token_is_looked_up() -> None:
    """For a store of imported tokens of any form; an unknown one is None."""
    store = MemoryTokenStore()
    store.add(record_of("any-form"))
    verifier = StoredTokens(store, prefix=None)
    assert ASK is verifier.recall(credentials("any-form").token)
    found = run(verifier.verify(credentials("any-form")))
    assert found is not None
    assert ("alice", "stored") == (found.subject, found.verifier)
    assert run(verifier.verify(credentials("other"))) is None


def test_a_store_that_is_gone_is_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """Unavailable, with one line when it begins and one when it is over, however many ask."""
    store = BrokenStore()
    token = stored(store)
    verifier = StoredTokens(store)
    store.is_down = True
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            with pytest.raises(Unavailable, match="the disk is gone"):
                run(verifier.verify(credentials(token)))
        store.is_down = False
        for _ in range(3):
            run(verifier.verify(credentials(token)))
    assert [
        (logging.ERROR, "the token store is unavailable, requests that need it get 503: the disk is gone"),
        (logging.WARNING, "the token store answers again"),
    ] == [(one.levelno, one.getMessage()) for one in caplog.records]


def test_it_names_the_function_that_it_calls() -> None:
    """So that an async one is found at start."""
    store = MemoryTokenStore()
    assert [store.find] == list(StoredTokens(store).ports())


def test_changes_in_the_store_are_told() -> None:
    """To the cache around it."""
    store, heard = MemoryTokenStore(), []
    StoredTokens(store).subscribe(heard.append)
    store.revoke(b"x" * 32)
    assert [b"x" * 32] == heard


@pytest.mark.parametrize("prefix", ["", "a b", "ü", 5, b"bg_", 'a"'])
def test_a_prefix_that_no_token_could_have_is_a_mistake(prefix: Any) -> None:
    """It would never match."""
    with pytest.raises(ConfigurationError) as caught:
        StoredTokens(MemoryTokenStore(), prefix=prefix)
    assert "StoredTokens(prefix=...) must be the beginning of a token, or None" == str(caught.value)


@pytest.mark.parametrize("store", [None, "tokens.db", {}, MemoryTokenStore])
def test_anything_but_a_store_is_a_mistake(store: Any) -> None:
    """A path is not a store; nor is a class."""
    with pytest.raises(
        ConfigurationError, match=r"^StoredTokens needs a token store, such as SqliteTokenStore\(path\)"
    ):
        StoredTokens(store)


async def _never_awaited(record: TokenRecord) -> None:
    raise AssertionError


@pytest.mark.parametrize("note_use", [_never_awaited, None, True])
def test_a_store_that_cannot_be_told_of_uses_in_place_is_a_mistake(note_use: Any) -> None:
    """Nobody would await it, and no use would ever be noted."""
    store = MemoryTokenStore()
    store.note_use = note_use  # type: ignore[method-assign]
    with pytest.raises(ConfigurationError) as caught:
        StoredTokens(store)
    assert str(caught.value) == (
        "MemoryTokenStore.note_use() must be a plain function that never waits: requests call it, "
        "on an event loop too"
    )


class Bare:
    """The least that a guard needs."""

    def find(self, digest: bytes) -> TokenRecord | None:
        return TokenRecord(digest, "alice", issued_at=1.0, expires_at=None)

    def revoke(self, digest: bytes) -> bool:
        return False

    def subscribe(self, listener: Any) -> None:
        pass


def test_a_store_need_not_be_told_of_uses() -> None:
    """One of somebody's own."""
    store: Any = Bare()
    facts = run(StoredTokens(store, prefix=None).verify(credentials("any")))
    assert facts is not None
    assert "alice" == facts.subject
