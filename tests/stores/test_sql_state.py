"""What a database says of how safe an acknowledged change is."""

from __future__ import annotations

from pathlib import Path

import pymysql
import pytest

from bearerguard.stores.sql import SqlTokenStore
from tests.stores.databases import MARIADB, database


@pytest.mark.parametrize(
    ("value", "is_durable"), [("on", True), ("local", True), ("remote_write", True), ("off", False)]
)
def test_postgresql_is_as_safe_as_its_commits(value: str, is_durable: bool, tmp_path: Path) -> None:
    """`off` acknowledges before anything is on disk."""
    with database("postgresql", tmp_path) as url:
        store = SqlTokenStore(f"{url}?options=-csynchronous_commit%3D{value}", feed=False)
        state = store.state()
        store.close()
    assert (f"fsync=on, synchronous_commit={value}", is_durable) == (state.durability, state.is_durable)


def test_mariadb_is_as_safe_as_its_two_logs(tmp_path: Path) -> None:
    """With a binary log its own has to be on disk too; without one that counts as 1."""
    with database("mariadb", tmp_path) as url:
        store = SqlTokenStore(url, feed=False)
        state = store.state()
        store.close()
    with pymysql.connect(**MARIADB) as client, client.cursor() as cursor:
        cursor.execute("SELECT @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog")
        flush, has_log, sync = cursor.fetchone()
    sync = sync if has_log else 1
    assert f"innodb_flush_log_at_trx_commit={flush}, sync_binlog={sync}" == state.durability
    assert (flush in (1, 3) and sync == 1) is state.is_durable
