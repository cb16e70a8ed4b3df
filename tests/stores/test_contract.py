"""What every store promises, asked by threads and on an event loop. `python -m tests.stores` prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from bearerguard.credentials import Credentials
from bearerguard.errors import ConfigurationError, InvalidToken
from bearerguard.flow import arun, is_async, never_blocks, run
from bearerguard.stores import DuplicateToken, TokenAdministration, TokenRecord
from bearerguard.stores._listeners import Listeners
from bearerguard.stores._sql.schema import tokens, uses
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.redis import RedisTokenStore
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.stores.uses import Uses
from bearerguard.verifiers.stored import StoredTokens
from tests.stores.colours import COLOURS, Awaited, Loop, running_loop
from tests.stores.databases import KINDS as DATABASES
from tests.stores.databases import database
from tests.stores.redis_servers import URL as REDIS_URL
from tests.stores.redis_servers import forget, own_prefix

NOW = 1_000.0
UNKNOWN = sha256(b"unknown").digest()
KINDS = ("memory", "sqlite", *(f"sql-{kind}" for kind in DATABASES), "redis")
OpenSql = Callable[[str], SqlTokenStore]

in_both_colours = pytest.mark.parametrize("colour", COLOURS, indirect=True)


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    with running_loop() as one:
        yield one


@pytest.fixture
def colour(request: pytest.FixtureRequest) -> str:
    """Blocking, unless the test says otherwise."""
    chosen: str = getattr(request, "param", "blocking")
    return chosen


@pytest.fixture(scope="module")
def open_sql(tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[OpenSql]:
    """One database of each kind for the module, made when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def open_one(kind: str) -> SqlTokenStore:
            url = stack.enter_context(database(kind, tmp_path_factory.mktemp("sql")))
            store = SqlTokenStore(url, now=lambda: NOW)
            stack.callback(lambda: loop.run(store.aclose()))
            return store

        yield open_one


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def store(opened: TokenAdministration, colour: str, loop: Loop) -> TokenAdministration:
    return opened if colour == "blocking" else Awaited(opened, loop)


@pytest.fixture
def opened(kind: str, open_sql: OpenSql, loop: Loop, tmp_path: Path) -> Iterator[TokenAdministration]:
    kind, _, sql = kind.partition("-")
    if sql:
        database_store = open_sql(sql)
        with database_store._transaction() as connection:
            connection.execute(sa.delete(tokens))
            connection.execute(sa.delete(uses))
        database_store._listeners = Listeners()
        yield database_store
    elif kind == "memory":
        yield MemoryTokenStore(now=lambda: NOW)
    elif kind == "redis":
        prefix = own_prefix("contract")
        kept = RedisTokenStore(REDIS_URL, prefix=prefix, now=lambda: NOW)
        yield kept
        loop.run(kept.aclose())
        forget(prefix)
    else:
        sqlite = SqliteTokenStore(tmp_path / "tokens.db", now=lambda: NOW)
        yield sqlite
        sqlite.close()


def record(name: str, **changes: Any) -> TokenRecord:
    facts = {"subject": "alice", "client_id": "app", "issued_at": 1.0, "expires_at": None, **changes}
    return TokenRecord(sha256(name.encode()).digest(), **facts)


FULL = record(
    "full", subject="Zoë", scopes=frozenset({"tag", "rating"}), issued_at=1.25, expires_at=2.5, label="a note"
)
BARE = record("bare", subject=None, client_id=None)


@in_both_colours
@pytest.mark.parametrize("kept", [FULL, BARE, replace(FULL, revoked_at=2.0)])
def test_what_is_added_is_found_as_it_was(store: TokenAdministration, kept: TokenRecord) -> None:
    """Expired and revoked ones too: what that means is for others to decide."""
    store.add(kept)
    assert kept == store.find(kept.digest)


@in_both_colours
def test_an_unknown_token_is_none(store: TokenAdministration) -> None:
    """None says that there is none, and nothing else."""
    assert store.find(UNKNOWN) is None


def test_finding_is_called_in_place(store: TokenAdministration) -> None:
    """A point read costs less than a thread, or waits on the event loop as such."""
    assert never_blocks(store.find) or is_async(store.afind)


@in_both_colours
def test_a_token_cannot_be_added_twice(store: TokenAdministration) -> None:
    """The first one stays."""
    store.add(FULL)
    with pytest.raises(DuplicateToken) as caught:
        store.add(replace(FULL, subject="mallory"))
    assert FULL.digest == caught.value.digest
    assert FULL == store.find(FULL.digest)


@in_both_colours
def test_a_revocation_is_found_and_keeps_its_first_instant(store: TokenAdministration) -> None:
    """True for the call that did it only."""
    store.add(FULL)
    assert [True, False] == [store.revoke(FULL.digest), store.revoke(FULL.digest)]
    assert replace(FULL, revoked_at=NOW) == store.find(FULL.digest)


@in_both_colours
def test_an_unknown_token_is_not_revoked(store: TokenAdministration) -> None:
    """And nothing is added for it."""
    assert store.revoke(UNKNOWN) is False
    assert [] == list(store.records())


@in_both_colours
def test_listeners_hear_of_every_change(store: TokenAdministration) -> None:
    """The digest, or None when many may have changed; a revocation also where it was one already."""
    heard: list[bytes | None] = []
    store.subscribe(heard.append)
    store.add(FULL)
    store.revoke(FULL.digest)
    store.revoke(FULL.digest)
    store.revoke(UNKNOWN)
    store.add_many([BARE, record("other")])
    store.revoke_all(subject="alice")
    store.purge(before=2.0)
    assert [FULL.digest, FULL.digest, FULL.digest, UNKNOWN, None, None, None] == heard


@in_both_colours
def test_nobody_hears_of_what_did_not_happen(store: TokenAdministration) -> None:
    """A failed change is none."""
    store.add(FULL)
    heard: list[bytes | None] = []
    store.subscribe(heard.append)
    with pytest.raises(DuplicateToken):
        store.add(FULL)
    with pytest.raises(DuplicateToken):
        store.add_many([BARE, FULL])
    assert [] == heard


def test_many_are_added_at_once(store: TokenAdministration) -> None:
    """Their number is given."""
    assert 2 == store.add_many(iter([FULL, BARE]))
    assert 0 == store.add_many([])
    assert BARE == store.find(BARE.digest)


@pytest.mark.parametrize("doubled", ["in the store", "among themselves"])
def test_with_a_duplicate_none_of_many_is_added(store: TokenAdministration, doubled: str) -> None:
    """All or nothing."""
    if doubled == "in the store":
        store.add(FULL)
    with pytest.raises(DuplicateToken) as caught:
        store.add_many([BARE, FULL, record("x"), FULL])
    assert FULL.digest == caught.value.digest
    assert store.find(BARE.digest) is None


def test_when_their_source_fails_none_of_many_is_added(store: TokenAdministration) -> None:
    """The failure is the source's own."""

    def source() -> Iterator[TokenRecord]:
        yield BARE
        raise LookupError("the file ended early")

    with pytest.raises(LookupError, match="the file ended early"):
        store.add_many(source())
    assert store.find(BARE.digest) is None


ALICE_APP = record("1", issued_at=3.0)
ALICE_OTHER = record("2", issued_at=2.0, client_id="other")
BOB_APP = record("3", issued_at=1.0, subject="bob")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [BOB_APP, ALICE_OTHER, ALICE_APP]),
        ({"subject": "alice"}, [ALICE_OTHER, ALICE_APP]),
        ({"client_id": "app"}, [BOB_APP, ALICE_APP]),
        ({"subject": "alice", "client_id": "app"}, [ALICE_APP]),
        ({"subject": "nobody"}, []),
    ],
)
def test_records_are_listed_by_whose_they_are_the_oldest_first(
    store: TokenAdministration, wanted: dict[str, str], expected: list[TokenRecord]
) -> None:
    """A user, an application, or both."""
    store.add_many([ALICE_APP, ALICE_OTHER, BOB_APP])
    assert expected == list(store.records(**wanted))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"subject": "alice"}, {ALICE_APP.digest, ALICE_OTHER.digest}),
        ({"client_id": "app"}, {ALICE_APP.digest, BOB_APP.digest}),
        ({"subject": "alice", "client_id": "app"}, {ALICE_APP.digest}),
        ({"subject": "nobody"}, set()),
    ],
)
def test_all_tokens_of_somebody_are_revoked(
    store: TokenAdministration, wanted: dict[str, str], expected: set[bytes]
) -> None:
    """Those, and no other; a second time there is nothing left to do."""
    store.add_many([ALICE_APP, ALICE_OTHER, BOB_APP])
    assert [len(expected), 0] == [store.revoke_all(**wanted), store.revoke_all(**wanted)]
    assert expected == {one.digest for one in store.records() if one.revoked_at is not None}


def test_everything_cannot_be_revoked_by_leaving_out_whose(store: TokenAdministration) -> None:
    """A forgotten argument is not an order."""
    store.add(FULL)
    with pytest.raises(ConfigurationError, match="name whose tokens to revoke: subject=, client_id= or both"):
        store.revoke_all()
    assert FULL == store.find(FULL.digest)


def test_a_purge_forgets_what_ended_before_an_instant(store: TokenAdministration) -> None:
    """Expired or revoked, strictly before; what is still good stays."""
    ended = [
        record("a", expires_at=9.9),
        record("b", revoked_at=9.9),
        record("c", expires_at=99.0, revoked_at=9.9),
    ]
    kept = [record("d", expires_at=10.0), record("e", revoked_at=10.0), record("f")]
    store.add_many([*ended, *kept])
    assert [3, 0] == [store.purge(before=10.0), store.purge(before=10.0)]
    assert {one.digest for one in kept} == {one.digest for one in store.records()}


@pytest.mark.parametrize("digits", [1, 8, 9, 64])
def test_a_record_is_found_by_the_beginning_of_its_id(store: TokenAdministration, digits: int) -> None:
    """In either case of letters; an odd number of digits too."""
    store.add_many([FULL, BARE])
    assert [FULL] == store.find_by_id(FULL.digest.hex()[:digits].upper())
    assert {FULL, BARE} == set(store.find_by_id(""))
    assert [] == store.find_by_id(UNKNOWN.hex())


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Do this on several threads, started together."""
    results: list[Any] = []
    barrier = Barrier(count)

    def go() -> None:
        barrier.wait()
        try:
            results.append(work())
        except DuplicateToken:
            results.append("duplicate")

    threads = [Thread(target=go) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@in_both_colours
def test_of_many_threads_that_revoke_one_token_one_did_it(store: TokenAdministration) -> None:
    """A store may be shared by threads."""
    store.add(FULL)
    assert sorted([True] + 7 * [False]) == sorted(at_once(8, lambda: store.revoke(FULL.digest)))


@in_both_colours
def test_of_many_threads_that_add_one_token_one_did_it(store: TokenAdministration) -> None:
    """The others hear that it is there."""
    results = at_once(8, lambda: store.add(FULL))
    assert [1, 7] == [results.count(None), results.count("duplicate")]


def test_records_are_counted(store: TokenAdministration) -> None:
    """All of them, whatever has become of them."""
    assert 0 == store.count()
    store.add_many([FULL, BARE, record("revoked", revoked_at=2.0)])
    assert 3 == store.count()


@pytest.mark.parametrize("limit", [1, 3, 7, 1_000])
def test_pages_hold_every_record(store: TokenAdministration, limit: int) -> None:
    """At least once, in any order, and no page is empty."""
    kept = {record(str(number)) for number in range(7)}
    assert [] == list(store.pages(limit=limit))
    store.add_many(kept)
    pages = list(store.pages(limit=limit))
    assert kept == {one for page in pages for one in page}
    assert all(pages)


def test_what_changes_between_two_pages_disturbs_nobody(store: TokenAdministration) -> None:
    """What is there from the first page to the last is given, and who writes meanwhile does not wait."""
    kept = {record(str(number)) for number in range(5)}
    store.add_many(kept)
    pages = store.pages(limit=2)
    seen = set(next(pages))
    store.add(FULL)
    store.revoke_all(subject="nobody")
    seen |= {one for page in pages for one in page}
    assert kept == seen - {FULL}


def test_many_are_found_at_once(store: TokenAdministration) -> None:
    """Those that are there."""
    store.add_many([FULL, BARE])
    assert {FULL.digest: FULL, BARE.digest: BARE} == store.find_many([FULL.digest, UNKNOWN, BARE.digest])
    assert {} == store.find_many([])


@pytest.mark.parametrize(
    ("known", "given", "kept"),
    [
        ({}, {}, {}),
        ({"revoked_at": None}, {"revoked_at": 5.0}, {"revoked_at": 5.0}),
        ({"revoked_at": 5.0}, {"revoked_at": None}, {"revoked_at": 5.0}),
        ({"revoked_at": 5.0}, {"revoked_at": 6.5}, {"revoked_at": 6.5}),
        ({"revoked_at": 6.5}, {"revoked_at": 5.0}, {"revoked_at": 6.5}),
        ({"issued_at": 2.0, "expires_at": 5.0}, {"expires_at": 7.0}, {"issued_at": 2.0, "expires_at": 7.0}),
        ({"expires_at": 5.0}, {"expires_at": None}, {"expires_at": None}),
        ({"expires_at": None}, {"expires_at": 5.0}, {"expires_at": None}),
    ],
)
def test_of_two_records_of_one_token_what_reaches_further_counts(
    store: TokenAdministration, known: dict[str, Any], given: dict[str, Any], kept: dict[str, Any]
) -> None:
    """Merging takes the later of each instant: a token that was revoked is never good again."""
    store.add(record("one", **known))
    for _ in range(2):  # a second time changes nothing
        store.merge([record("one", **given), BARE])
        assert record("one", **kept) == store.find(record("one").digest)
    assert [BARE.digest] == [one.digest for one in store.records() if one.subject is None]


def test_merging_is_heard_as_many_changes(store: TokenAdministration) -> None:
    """Whoever keeps copies drops them all."""
    heard: list[bytes | None] = []
    store.subscribe(heard.append)
    store.merge([FULL, BARE])
    assert [None] == heard


@in_both_colours
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"issued_at": 9.0, "expires_at": 4.0}, {"issued_at": 9.0}),
        ({"issued_at": 0.5, "expires_at": 6.0}, {"expires_at": 6.0}),
        ({"expires_at": None}, {"expires_at": None}),
        ({"subject": "mallory", "scopes": frozenset({"all"}), "label": "x"}, {}),
        ({"revoked_at": 2.0}, {}),
    ],
)
def test_what_is_extended_reaches_further_and_is_otherwise_as_it_was(
    store: TokenAdministration, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    """What is not there is added; who listens hears of each."""
    heard: list[bytes | None] = []
    store.subscribe(heard.append)
    known = record("one", expires_at=5.0, label="a note")
    store.extend(known)
    assert known == store.find(known.digest)
    store.extend(replace(known, **given))
    assert replace(known, **kept) == store.find(known.digest)
    assert [known.digest, known.digest] == heard


def test_of_two_uses_of_a_token_the_later_one_counts(store: TokenAdministration) -> None:
    """Of those that are there; another token's is not theirs."""
    store.add_many([FULL, BARE])
    assert {} == store.last_uses([FULL.digest, UNKNOWN])
    store.keep_uses({FULL.digest: 20.25, BARE.digest: 30.0})
    store.keep_uses({FULL.digest: 10.0, BARE.digest: 40.0, UNKNOWN: 50.0})
    assert {FULL.digest: 20.25} == store.last_uses([FULL.digest, UNKNOWN])
    assert {FULL.digest: 20.25, BARE.digest: 40.0} == store.last_uses(iter([FULL.digest, BARE.digest]))
    store.keep_uses({})
    assert {} == store.last_uses([])


def test_a_use_changes_nothing_that_anybody_would_have_to_be_told(store: TokenAdministration) -> None:
    """Neither the record nor what listeners hear; and no change of the record takes the use away."""
    store.add(BARE)
    heard: list[bytes | None] = []
    store.subscribe(heard.append)
    store.keep_uses({BARE.digest: 30.0})
    assert (BARE, []) == (store.find(BARE.digest), heard)
    store.extend(replace(BARE, issued_at=2.0))
    store.merge([BARE])
    store.revoke(BARE.digest)
    assert {BARE.digest: 30.0} == store.last_uses([BARE.digest])


def test_a_purge_forgets_uses_too(store: TokenAdministration) -> None:
    """Those of what it forgets, and no others."""
    store.add_many([FULL, BARE])
    store.keep_uses({FULL.digest: 2.0, BARE.digest: 3.0})
    assert 1 == store.purge(before=10.0)
    store.add(FULL)
    assert {BARE.digest: 3.0} == store.last_uses([FULL.digest, BARE.digest])


@in_both_colours
@pytest.mark.parametrize(
    ("kept", "used"),
    [
        (BARE, True),
        (replace(BARE, revoked_at=2.0), False),
        (FULL, False),
        (replace(FULL, expires_at=1e9), True),
    ],
)
def test_a_guard_that_lets_a_token_pass_notes_the_use(
    store: TokenAdministration, colour: str, loop: Loop, kept: TokenRecord, used: bool
) -> None:
    """Not of one that has expired, or was revoked."""
    token = b"one"
    kept = replace(kept, digest=sha256(token).digest())
    store.add(kept)
    flow = StoredTokens(opened_of(store), prefix=None).verify(Credentials("Bearer", token))
    with suppress(InvalidToken):
        run(flow) if colour == "blocking" else loop.run(arun(flow))
    write_uses(store)
    assert ({kept.digest: NOW} if used else {}) == store.last_uses([kept.digest])


def opened_of(store: TokenAdministration) -> TokenAdministration:
    """The store itself, of which a guard chooses the colour."""
    return store._store if isinstance(store, Awaited) else store


def write_uses(store: TokenAdministration) -> None:
    """Have what was noted written, where that is left to a thread."""
    uses = getattr(store, "_uses", None)
    if isinstance(uses, Uses):
        uses.write()


def test_instants_are_kept_to_the_last_bit(store: TokenAdministration) -> None:
    """Else a copy would differ from what it was made of."""
    kept = record("odd", issued_at=1_795_256_252.4123457, expires_at=0.1 + 0.2, revoked_at=1e11 - 2**-15)
    store.add(kept)
    assert {kept.digest: kept} == store.find_many([kept.digest])
    assert [[kept]] == list(store.pages())


def test_a_store_says_what_it_is(store: TokenAdministration) -> None:
    """By the same words each time; its tables are of the newest version."""
    state = store.state()
    assert state == store.state()
    assert state.name
    assert state.identity
    assert state.version == state.newest_version
