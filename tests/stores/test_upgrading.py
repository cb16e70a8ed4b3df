"""How the tables come to be: once, whoever comes first, and never those of a newer program."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bearerguard.errors import ConfigurationError
from bearerguard.stores import issue
from bearerguard.stores._sql.upgrading import NEWEST_VERSION
from bearerguard.stores._sqlite.schema import NEWEST_VERSION as FILE_VERSION
from bearerguard.stores.opening import upgrade_store
from bearerguard.stores.sql import SqlTokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.stores.databases import KINDS, database, execute

PROCESSES = 10
WAIT_SECONDS = 20

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with database(request.param, tmp_path) as url:
        yield url


def start(barrier: Any, answers: Any, url: str) -> None:
    barrier.wait(WAIT_SECONDS)
    upgraded = upgrade_store(url)
    store = SqlTokenStore(url)
    store.add(issue(subject="alice")[1])
    store.close()
    answers.put(upgraded)


def test_of_ten_processes_that_start_at_once_one_upgrades(url: str) -> None:
    """The others wait, and all go on with the same tables."""
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(PROCESSES), context.SimpleQueue()
    processes = [context.Process(target=start, args=(barrier, answers, url)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(WAIT_SECONDS)
        if process.is_alive():
            process.kill()
    assert [0] * PROCESSES == [process.exitcode for process in processes]
    upgraded = [answers.get() for _ in range(PROCESSES)]
    assert [(0, NEWEST_VERSION)] == [one for one in upgraded if one != (NEWEST_VERSION, NEWEST_VERSION)]
    store = SqlTokenStore(url, create=False)
    assert PROCESSES == store.count()
    store.close()


def test_an_upgrade_that_was_cut_off_is_finished_by_the_next(url: str) -> None:
    """MySQL ends a transaction at every table: half of the tables may be there."""
    upgrade_store(url)
    if url.startswith("sqlite"):
        pytest.skip("SQLite undoes all of it")
    execute(url, "DELETE FROM bearerguard_schema")
    execute(url, "DROP TABLE bearerguard_tokens")
    assert (0, NEWEST_VERSION) == upgrade_store(url)
    store = SqlTokenStore(url, create=False)
    assert 0 == store.count()
    store.close()


def test_tables_of_a_newer_bearerguard_are_left_alone(url: str) -> None:
    """Whoever upgraded first must not be undone by whoever upgrades last."""
    upgrade_store(url)
    if url.startswith("sqlite"):
        pytest.skip("the same statements as for the others")
    execute(url, "UPDATE bearerguard_schema SET version = 99")
    for attempt in (lambda: upgrade_store(url), lambda: SqlTokenStore(url, create=False)):
        with pytest.raises(ConfigurationError, match="was upgraded by a newer bearerguard: upgrade this one"):
            attempt()


def test_a_server_does_not_make_tables_that_are_missing(url: str) -> None:
    """With create=False it says what to do."""
    with pytest.raises(ConfigurationError, match="has no table of tokens: run `bearerguard store upgrade`"):
        SqlTokenStore(url, create=False)


def test_a_file_is_made_and_upgraded_by_its_path(tmp_path: Path) -> None:
    """As with the tables of a database."""
    path = tmp_path / "tokens.db"
    newest = FILE_VERSION
    assert [(0, newest), (newest, newest)] == [upgrade_store(str(path)), upgrade_store(str(path))]
    assert 0 == SqliteTokenStore(path, create=False).count()


def test_a_token_file_gets_no_second_set_of_tables(tmp_path: Path) -> None:
    """One file with two kinds of tables would be two stores, of which each server knows one."""
    SqliteTokenStore(tmp_path / "tokens.db").close()
    for create in (True, False):
        with pytest.raises(ConfigurationError, match="was made by SqliteTokenStore: give its path, without"):
            SqlTokenStore(f"sqlite:///{tmp_path}/tokens.db", create=create)
