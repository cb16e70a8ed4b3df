"""Through PgBouncer: the feed is up only where it hears, and every read gets its own answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from bearerguard import Cached, StoredTokens, Unavailable
from bearerguard.flow import run
from bearerguard.stores import TokenRecord, _feed_thread, issue
from bearerguard.stores._sql import feeding
from bearerguard.stores._sql.command import upgrade_database
from bearerguard.stores._sql.feeding import Notified
from bearerguard.stores._sql.telling import CHANNEL
from bearerguard.stores.copying import copy
from bearerguard.stores.memory import MemoryTokenStore
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.verifiers import ASK
from tests.stores.colours import Awaited, running_loop
from tests.stores.databases import database
from tests.stores.feeding import eventually
from tests.stores.poolers import Pooler, pooling
from tests.support import credentials

UNFED_SECONDS = 0.5
DEAF_SECONDS = 0.25
SHARES = "the pooler in between shares connections, on which nobody can listen: go round it"
READS = 12  # psycopg prepares at the sixth
RECORDS = [TokenRecord(sha256(b"%d" % n).digest(), "alice", issued_at=1.0, expires_at=None) for n in range(8)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with database("postgresql", tmp_path_factory.mktemp("pooled")) as one:
        SqlTokenStore(one).close()
        yield one


@pytest.fixture(autouse=True)
def quick_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_feed_thread, "HEARTBEAT_SECONDS", 0.02)


@pytest.fixture
def soon_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is heard, it is not waited for any longer than a test needs."""
    monkeypatch.setattr(feeding, "HEARD_SECONDS", DEAF_SECONDS)


@pytest.fixture
def direct(url: str) -> Iterator[SqlTokenStore]:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM bearerguard_tokens")
    one = SqlTokenStore(url)
    yield one
    one.close()


@pytest.fixture
def pooler(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pooler]:
    mode, settings = getattr(request, "param", ("session", {}))
    with pooling(tmp_path, mode, **settings) as one:
        yield one


@pytest.fixture
def behind(url: str, pooler: Pooler) -> Iterator[SqlTokenStore]:
    one = SqlTokenStore(pooler.through(url))
    yield one
    one.close()


of_statements = pytest.mark.parametrize("pooler", [("statement", {})], indirect=True)
in_transactions = pytest.mark.parametrize("pooler", [("transaction", {})], indirect=True)
on_one = pytest.mark.parametrize("pooler", [("transaction", {"default_pool_size": 1})], indirect=True)


def test_a_pooler_of_sessions_tells_of_revocations(direct: SqlTokenStore, behind: SqlTokenStore) -> None:
    """It is proved at every heartbeat, and what comes between two of them is told as well."""
    heard: list[bytes | None] = []
    behind.subscribe(heard.append)
    behind.feed.listen()
    eventually(lambda: behind.feed.is_up)
    heard.clear()
    direct.add_many(RECORDS)
    for record in RECORDS:
        direct.revoke(record.digest)
    eventually(lambda: len(heard) == len(RECORDS))
    first = behind.feed.heard_at
    eventually(lambda: behind.feed.heard_at > first)
    assert [record.digest for record in RECORDS] == heard


@pytest.mark.usefixtures("soon_deaf")
@in_transactions
def test_a_pooler_of_transactions_is_not_believed(
    direct: SqlTokenStore, behind: SqlTokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The server's connection listens, and nobody tells us what it is told."""
    behind.feed.listen()
    eventually(lambda: SHARES in caplog.text)
    assert not behind.feed.is_up


@pytest.mark.usefixtures("soon_deaf")
def test_a_pooler_that_begins_to_share_connections_hides_a_revocation_no_longer_than_it_may(
    direct: SqlTokenStore, behind: SqlTokenStore, pooler: Pooler, caplog: pytest.LogCaptureFixture
) -> None:
    """By an administrator's word, which ends no connection."""
    token, record = issue(subject="alice")
    direct.add(record)
    cached = Cached(StoredTokens(behind), max_age_seconds=3600, unfed_max_age_seconds=UNFED_SECONDS)
    asked = credentials(token)
    run(cached.verify(asked))
    eventually(lambda: behind.feed.is_up)
    run(cached.verify(asked))
    pooler.order("SET pool_mode = 'transaction'")
    direct.revoke(record.digest)
    eventually(lambda: cached.recall(asked.token) is ASK)
    eventually(lambda: SHARES in caplog.text)


@pytest.mark.usefixtures("soon_deaf")
@in_transactions
def test_what_was_listened_to_on_a_shared_connection_reaches_nobody_else(
    url: str, pooler: Pooler, direct: SqlTokenStore, behind: SqlTokenStore
) -> None:
    """No revocation is pushed to another client of the pooler, who has never asked for it."""
    source = behind.feed.new_source()
    with pytest.raises(Unavailable, match="shares connections"):
        source.open()
    source.close()
    with psycopg.connect(pooler.through(url), autocommit=True) as other:
        channels = {name for (name,) in other.execute("SELECT pg_listening_channels()")}
    assert channels <= {feeding.OWN_CHANNEL}


def test_proofs_drop_nothing(url: str, direct: SqlTokenStore, behind: SqlTokenStore) -> None:
    """Neither that of another process, nor what anybody says where it listens for its own."""
    sources = [notified(store) for store in (direct, behind)]
    with psycopg.connect(url, autocommit=True) as anybody:
        anybody.execute("SELECT pg_notify(%s, 'x')", (feeding.OWN_CHANNEL,))
        anybody.execute("SELECT pg_notify(%s, 'no digest')", (CHANNEL,))
    assert [[None], [None]] == [list(source.prove()) for source in sources]
    assert [[], []] == [[*source.prove(), *source.wait(0.01)] for source in sources]
    for source in sources:
        source.close()


def test_what_is_told_while_a_proof_is_waited_for_is_told(
    behind: SqlTokenStore, direct: SqlTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes with the proof, and before it."""
    direct.add_many(RECORDS)
    source = notified(behind)
    monkeypatch.setattr(source, "wait", lambda seconds: ())
    direct.revoke_all(subject="alice")
    assert {record.digest for record in RECORDS} == set(source.prove())
    source.close()


def test_what_anybody_else_says_is_no_proof(
    url: str, behind: SqlTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the text of this proof is."""
    source = notified(behind)
    teller = source._teller.driver_connection
    rows_of = source._rows
    monkeypatch.setattr(feeding, "HEARD_SECONDS", DEAF_SECONDS)
    monkeypatch.setattr(source, "_rows", lambda text, *on: [] if on else rows_of(text))
    monkeypatch.setattr(source, "wait", lambda seconds: ())
    with psycopg.connect(url, autocommit=True) as anybody:
        anybody.execute("SELECT pg_notify(%s, 'x')", (feeding.OWN_CHANNEL,))
    with pytest.raises(Unavailable, match=SHARES):
        list(source.prove())
    source.close()
    assert teller.closed


def notified(store: SqlTokenStore) -> Notified:
    """Give a source of this store that listens."""
    source = store.feed.new_source()
    assert isinstance(source, Notified)
    source.open()
    return source


def test_without_a_pooler_one_connection_is_enough(url: str, direct: SqlTokenStore) -> None:
    """The second is closed when the first was heard."""
    with psycopg.connect(url, autocommit=True) as anybody:

        def count() -> int:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            [(number,)] = anybody.execute(query).fetchall()
            return int(number)

        before = count()
        source = notified(direct)
        list(source.prove())
        eventually(lambda: count() == before + 1)
        source.close()
        eventually(lambda: count() == before)


@in_transactions
def test_every_reader_gets_his_own_record(direct: SqlTokenStore, behind: SqlTokenStore) -> None:
    """Whichever of the server's connections each question goes to, from threads and on an event loop."""
    direct.add_many(RECORDS)

    def read(record: TokenRecord) -> list[TokenRecord | None]:
        behind.revoke(bytes(32))
        return [behind.find(record.digest) for _ in range(READS)]

    expected = [[record] * READS for record in RECORDS]
    with ThreadPoolExecutor(len(RECORDS)) as pool:
        assert expected == list(pool.map(read, RECORDS))
    with running_loop() as loop:
        awaited = Awaited(behind, loop)
        assert expected == [[awaited.find(record.digest) for _ in range(READS)] for record in RECORDS]
        loop.run(behind.aclose())


@on_one
def test_what_another_program_has_prepared_is_not_run(
    url: str, pooler: Pooler, direct: SqlTokenStore, behind: SqlTokenStore
) -> None:
    """psycopg gives the first statement of each connection the same name."""
    direct.add(RECORDS[0])
    with psycopg.connect(pooler.through(url), autocommit=True, prepare_threshold=0) as other:
        other.execute("SELECT 1 WHERE %b = ''::bytea", (b"none",))
        assert [RECORDS[0]] * READS == [behind.find(RECORDS[0].digest) for _ in range(READS)]


@in_transactions
def test_all_that_a_store_does_goes_through_a_pooler_of_transactions(
    url: str, pooler: Pooler, direct: SqlTokenStore, behind: SqlTokenStore
) -> None:
    """Upgrades, pages, transactions and copies too."""
    with psycopg.connect(url) as connection:
        connection.execute("DROP TRIGGER bearerguard_tell_update ON bearerguard_tokens")
    upgrade_database(pooler.through(url))
    source = MemoryTokenStore()
    source.add_many(RECORDS)
    copied = copy(source, behind)
    assert (True, len(RECORDS)) == (copied.is_verified, copied.added)
    assert RECORDS == sorted(behind.records(subject="alice"), key=RECORDS.index)
    assert len(RECORDS) == behind.revoke_all(subject="alice")
    assert len(RECORDS) == behind.purge(before=4e9)
    assert behind.state().is_telling


@of_statements
def test_a_pooler_of_statements_is_an_outage(behind: SqlTokenStore) -> None:
    """It lets nobody begin a transaction, which psycopg does as soon as it is connected."""
    with pytest.raises(Unavailable, match="a pooler in between refuses, and its log says why"):
        behind.find(bytes(32))
