"""Copying a store: nothing is lost, nothing is un-revoked, whatever interrupts it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import TokenAdministration, TokenRecord, issue
from bearerguard.stores.copying import MAX_PASSES, copy
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.revocations import revocation_of_jti
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.databases import database
from tests.stores.redis_servers import URL, forget, own_prefix

ROOT = Path(__file__).parents[2]
KINDS = ("memory", "file", "postgresql", "mariadb", "sqlite", "redis")
NOW = 2_000_000_000.0
DAY = 86_400.0


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TokenAdministration]]:
    """One of each kind, for the module."""
    folder = tmp_path_factory.mktemp("stores")
    with ExitStack() as stack:
        sql = {
            kind: SqlTokenStore(stack.enter_context(database(kind, folder)))
            for kind in ("postgresql", "mariadb", "sqlite")
        }
        prefix = own_prefix("copying")
        redis, file = RedisTokenStore(URL, prefix=prefix), SqliteTokenStore(folder / "tokens.db")
        for store in (*sql.values(), redis, file):
            stack.callback(store.close)
        stack.callback(forget, prefix)
        yield {"memory": MemoryTokenStore(), "file": file, "redis": redis, **sql}


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, stores: dict[str, TokenAdministration]) -> TokenAdministration:
    """Each kind in turn, without a token."""
    found = stores[request.param]
    found.revoke_all(subject="alice")
    found.revoke_all(client_id="app")
    found.merge(replace(record, revoked_at=1.0) for page in list(found.pages()) for record in page)
    found.purge(before=1e11 - 1)
    assert 0 == found.count()
    return found


def record(name: str, **changes: Any) -> TokenRecord:
    facts = {"subject": "alice", "client_id": "app", "issued_at": NOW, "expires_at": NOW + DAY, **changes}
    return TokenRecord(sha256(name.encode()).digest(), **facts)


VARIED = (
    *(record(str(number)) for number in range(30)),
    record("revoked", revoked_at=NOW + 0.1),
    record("for ever", expires_at=None, label="Zoë's", scopes=frozenset({"tag", "rating"})),
    record("of no user", subject=None, issued_at=NOW + 0.123456789),
    revocation_of_jti("https://issuer.example", "a", expires_at=NOW, now=lambda: NOW),
)


def memory(*records: TokenRecord) -> MemoryTokenStore:
    store = MemoryTokenStore()
    store.add_many(records)
    return store


def contents(store: TokenAdministration) -> set[TokenRecord]:
    return {record for page in store.pages() for record in page}


def test_everything_comes_over_and_back(store: TokenAdministration) -> None:
    """From any store to any store: through memory, so from each kind to each."""
    source, again = memory(*VARIED), MemoryTokenStore()
    for one, other in ((source, store), (store, again)):
        copied = copy(one, other, page_records=7)
        assert (len(VARIED), len(VARIED), 0, 2, True) == (
            *(copied.records, copied.added, copied.changed),
            *(copied.passes, copied.is_verified),
        )
    assert set(VARIED) == contents(store) == contents(again)


def test_last_uses_come_over_and_back(store: TokenAdministration) -> None:
    """The later one stays, in the first copy and in every other; of a token that is not copied none does."""
    source, again = memory(*VARIED), MemoryTokenStore()
    used = {record("1").digest: NOW + 1, record("2").digest: NOW + 0.1234567, record("revoked").digest: NOW}
    source.keep_uses(used)
    copy(source, store, page_records=7)
    later = {record("1").digest: NOW + 5}
    store.keep_uses(later)
    assert copy(source, store, page_records=7).is_verified
    copy(store, again, page_records=7)
    assert used | later == again.last_uses([one.digest for one in VARIED])


def test_a_second_copy_changes_nothing_and_has_the_same_checksum(store: TokenAdministration) -> None:
    """Whatever order its records come in."""
    first = copy(memory(*VARIED), store, page_records=7)
    second = copy(memory(*reversed(VARIED)), store)
    assert (0, 0, 1, first.checksum) == (second.added, second.changed, second.passes, second.checksum)


def test_a_token_that_is_revoked_in_either_is_revoked_in_the_copy(store: TokenAdministration) -> None:
    """Never un-revoked; of two revocations the later one stays."""
    store.add_many([record("a"), record("b", revoked_at=NOW + 5), record("c", revoked_at=NOW + 5)])
    source = memory(
        record("a", revoked_at=NOW + 1), record("b"), record("c", revoked_at=NOW + 9), record("d")
    )
    copied = copy(source, store)
    assert (1, 2, True) == (copied.added, copied.changed, copied.is_verified)
    kept = {name: store.find(record(name).digest) for name in "abcd"}
    assert {"a": NOW + 1, "b": NOW + 5, "c": NOW + 9, "d": None} == {
        name: None if found is None else found.revoked_at for name, found in kept.items()
    }


def test_the_target_keeps_its_own_tokens() -> None:
    """They are not touched, and counted by themselves."""
    store = memory(record("its own"))
    copied = copy(memory(record("a")), store, now=lambda: NOW)
    assert (1, True, 2) == (copied.records, copied.is_verified, store.count())
    assert 1 == copied.only_in_target


def test_a_good_token_that_the_source_has_purged_is_told(store: TokenAdministration) -> None:
    """Nobody can revoke it in the source any more. What is over, and a revocation, is no danger."""
    over = record("over", expires_at=NOW - 1), record("revoked", revoked_at=NOW)
    store.add_many([*over, VARIED[-1]])
    source = memory(record("a"), record("b"))
    assert 0 == copy(source, store, now=lambda: NOW).only_in_target
    source.revoke(record("a").digest)
    source.purge(before=time.time() + 1)
    assert 1 == copy(source, store, now=lambda: NOW).only_in_target


def test_tokens_that_differ_in_more_than_their_instants_are_told() -> None:
    """What the target had stays, but for the revocation: that is never lost."""
    theirs = [record("a", subject="bob"), record("b", expires_at=NOW + 1), record("c")]
    store = memory(*theirs)
    copied = copy(memory(record("a", revoked_at=NOW), record("b"), record("c")), store)
    assert (2, {record(name).token_id for name in "ab"}) == (copied.conflicts, set(copied.conflicting_ids))
    assert {replace(theirs[0], revoked_at=NOW), *theirs[1:]} == contents(store)


def test_the_same_store_is_refused(store: TokenAdministration) -> None:
    """Nothing would be copied, and somebody believes it was."""
    with pytest.raises(ConfigurationError, match="both are the same store: name another one to copy to"):
        copy(store, store)


class Failing(MemoryTokenStore):
    """One that goes away after some changes, and is back for the next copy."""

    left = 0

    def merge(self, records: Any) -> None:
        if self.left == 0:
            raise Unavailable("token store: gone")
        self.left -= 1
        super().merge(records)


def test_a_copy_that_was_cut_off_goes_on() -> None:
    """What is there is not written again."""
    target = Failing()
    added = 0
    for _ in range(100):
        target.left, before = 2, target.count()
        try:
            copied = copy(memory(*VARIED), target, page_records=5)
        except Unavailable:
            assert target.count() == before + 10
            continue
        added = copied.added + before
        break
    assert (len(VARIED), True) == (added, copied.is_verified)


class Busy(MemoryTokenStore):
    """One whose tokens are revoked, one after the other, while it is read."""

    often = 0

    def pages(self, *, limit: int = 1) -> Iterator[list[TokenRecord]]:
        for page in super().pages(limit=limit):
            yield page
            if self.often:
                self.often -= 1
                self.revoke(page[0].digest)


def test_what_is_revoked_behind_the_copy_is_revoked_in_it_too() -> None:
    """Passes follow until one finds nothing to write: here the third."""
    source, target = Busy(), MemoryTokenStore()
    source.add_many(VARIED[:30])
    source.often = 8
    copied = copy(source, target, page_records=5)
    assert (True, 3) == (copied.is_verified, copied.passes)
    assert contents(source) == contents(target)


class NeverDone(MemoryTokenStore):
    """One that gets a token with every reading."""

    def pages(self, *, limit: int = 1) -> Iterator[list[TokenRecord]]:
        self.add(issue(subject="alice")[1])
        yield from super().pages(limit=limit)


def test_a_source_that_never_rests_is_not_said_to_be_verified() -> None:
    """It ends, and says so."""
    copied = copy(NeverDone(), MemoryTokenStore())
    assert (MAX_PASSES, MAX_PASSES, False) == (copied.passes, copied.added, copied.is_verified)


def test_what_the_target_would_forget_at_once_is_left_behind(stores: dict[str, TokenAdministration]) -> None:
    """Redis forgets what expired a day ago: it would never be verified."""
    redis = stores["redis"]
    old, new = record("old", expires_at=1.0), issue(subject="carol")[1]
    copied = copy(memory(old, new), redis)
    assert (1, 1, True, None) == (
        copied.records,
        copied.left_behind,
        copied.is_verified,
        redis.find(old.digest),
    )


COMMAND = (sys.executable, "-m", "bearerguard", "store", "copy", "from.db")


def test_a_killed_copy_goes_on(tmp_path: Path) -> None:
    """`kill -9` at any moment, again and again, then once to the end: what came over is all of it."""
    source = SqliteTokenStore(tmp_path / "from.db")
    source.add_many(issue(subject=f"user {number}")[1] for number in range(3_000))
    with database("postgresql", tmp_path) as url:
        SqlTokenStore(url).close()
        for _ in range(2):
            killed = subprocess.Popen(
                [*COMMAND, url], cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL
            )
            try:
                killed.wait(random.uniform(0.35, 0.8))  # noqa: S311
            except subprocess.TimeoutExpired:
                killed.send_signal(signal.SIGKILL)
            killed.wait()
        done = subprocess.run(
            [*COMMAND, url], cwd=tmp_path, env=environment(), capture_output=True, text=True
        )
        assert (0, "Verified: 3000 tokens read back") == (done.returncode, done.stdout.splitlines()[1][:31])
        target = SqlTokenStore(url, create=False)
        assert contents(source) == contents(target)
        target.close()
    source.close()


def environment() -> dict[str, str]:

    return {**os.environ, "PYTHONPATH": str(ROOT)}
