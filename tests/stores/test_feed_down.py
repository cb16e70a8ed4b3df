"""While a feed hears nothing: cached answers live for `unfed_max_age_seconds`, and go when it is back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bearerguard import Cached, InvalidToken, StoredTokens, Unavailable
from bearerguard.flow import run
from bearerguard.stores import TokenRecord, issue
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.verifiers import ASK
from tests.stores.databases import database
from tests.stores.feeding import eventually
from tests.stores.relay import Relay
from tests.support import credentials

PORTS = {"postgresql": 5432, "mariadb": 3306}
UNFED_SECONDS = 1.2


class Guard:
    """A cache around a store, asked about one token."""

    def __init__(self, store: Any, token: str, **settings: Any) -> None:
        self.store, self._credentials = store, credentials(token)
        self._cached = Cached(StoredTokens(store), **settings)
        assert "looked up" == self.says()
        eventually(lambda: store.feed.is_up)
        eventually(lambda: self.says() == "remembered")

    def says(self) -> str:
        try:
            if self._cached.recall(self._credentials.token) is not ASK:
                return "remembered"
            return "looked up" if run(self._cached.verify(self._credentials)) else "not mine"
        except InvalidToken as error:
            return str(error.reason.value)
        except Unavailable:
            return "unavailable"


@pytest.fixture(params=PORTS)
def relayed(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[SqlTokenStore, SqlTokenStore, Relay]]:
    """A store behind a relay, the same store without one, and the relay."""
    port = PORTS[request.param]
    with database(request.param, tmp_path) as url, Relay(port) as relay:
        direct = SqlTokenStore(url)
        behind = SqlTokenStore(url.replace("@127.0.0.1", f"@127.0.0.1:{relay.port}"), timeout_seconds=0.3)
        yield behind, direct, relay
        relay.swallows = False
        relay.cut()
        behind.close()
        direct.close()


def added(store: Any) -> tuple[str, TokenRecord]:
    token, record = issue(subject="alice")
    store.add(record)
    return token, record


def test_a_black_hole_hides_a_revocation_for_no_longer_than_it_may(
    relayed: tuple[SqlTokenStore, SqlTokenStore, Relay], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing says that the connection is dead; the missing proof does."""
    behind, direct, relay = relayed
    token, record = added(direct)
    guard = Guard(behind, token, unfed_max_age_seconds=UNFED_SECONDS)
    relay.swallows = True
    direct.revoke(record.digest)
    revoked_at = time.monotonic()
    asked_at, last_at = revoked_at, revoked_at
    while guard.says() == "remembered":
        last_at, asked_at = asked_at, time.monotonic()
        time.sleep(0.01)
    assert last_at - revoked_at < UNFED_SECONDS
    assert "unavailable" == guard.says()
    eventually(lambda: any("feed" in one.getMessage() for one in caplog.records))
    assert not any(token in one.getMessage() for one in caplog.records)


def test_after_a_cut_all_is_looked_up_anew(relayed: tuple[SqlTokenStore, SqlTokenStore, Relay]) -> None:
    """What was revoked in between nobody has told."""
    behind, direct, relay = relayed
    token, record = added(direct)
    guard = Guard(behind, token, unfed_max_age_seconds=60.0)
    relay.swallows = True  # until it is back, there is no new connection either
    relay.cut()
    direct.revoke(record.digest)
    assert "remembered" == guard.says()
    relay.swallows = False
    relay.cut()
    eventually(lambda: guard.says() == "revoked")


def test_another_file_in_the_place_of_one_is_a_gap(tmp_path: Path) -> None:
    """A backup that is put back may say anything."""
    path, other = tmp_path / "tokens.db", tmp_path / "other.db"
    store, backup = SqliteTokenStore(path), SqliteTokenStore(other)
    token, record = added(store)
    backup.add(record)
    backup.revoke(record.digest)
    guard = Guard(store, token)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    os.replace(other, path)
    eventually(lambda: guard.says() == "revoked")
    store.close()


def test_a_file_that_is_gone_is_down_until_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And then all is looked up anew."""
    path, away = tmp_path / "tokens.db", tmp_path / "away.db"
    store = SqliteTokenStore(path)
    token, record = added(store)
    guard = Guard(store, token)
    os.rename(path, away)
    eventually(lambda: any("is down" in one.getMessage() for one in caplog.records))
    assert "remembered" == guard.says()
    os.rename(away, path)
    eventually(lambda: any("is back" in one.getMessage() for one in caplog.records))
    eventually(lambda: guard.says() == "remembered")
    SqliteTokenStore(path).revoke(record.digest)
    eventually(lambda: guard.says() == "revoked")
    store.close()
