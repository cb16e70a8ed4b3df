"""Faults of real servers, in short: `python -m tests.faults` plays all of them, for longer.

Each asks four worker processes all the time, and revokes and adds tokens meanwhile.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from threading import Thread
from typing import NoReturn

import pytest

from bearerguard.stores.sql import SqlTokenStore
from tests.faults import scenes
from tests.faults.databases import PostgreSQL
from tests.faults.plays import alone
from tests.faults.programs import Missing
from tests.faults.scenes import Fault
from tests.faults.stage import QUICK, Stage

TIMEOUT_SECONDS = 0.2
START_SECONDS = 10.0  # more than it may take to connect and to be answered, less than anybody's patience

URLS = ("postgresql://postgres@127.0.0.1:{}/test", "mariadb://root@127.0.0.1:{}/test")


def missing(what: str) -> NoReturn:
    """Skip, but not where all must be there."""
    if "CI" in os.environ:
        pytest.fail(f"{what} is not there")
    pytest.skip(f"{what} is not there")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A PostgreSQL of our own and four workers, for all faults of this module."""
    try:
        with alone(PostgreSQL, QUICK) as stage:
            yield stage
    except Missing as error:
        missing(str(error))


@pytest.mark.parametrize("fault", [scenes.kill_store, scenes.dead_line])
def test_nobody_passes_or_is_refused_wrongly_and_nothing_is_lost(stage: Stage, fault: Fault) -> None:
    """No revoked token after `unfed_max_age_seconds`, no good one refused but with 503; all recover."""
    outcome = stage.play(fault.__name__, fault)
    assert [] == outcome.broken, outcome
    assert outcome.acknowledged > 0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Where connections are accepted by the system, and nobody ever says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("url", URLS)
def test_a_process_starts_though_its_database_hangs(
    url: str, silent_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so in the log, and serves what does not need the database."""
    made: list[SqlTokenStore] = []
    place = url.format(silent_port)
    thread = Thread(
        target=lambda: made.append(SqlTokenStore(place, timeout_seconds=TIMEOUT_SECONDS)), daemon=True
    )
    thread.start()
    thread.join(START_SECONDS)
    [store] = made
    assert "requests that need it get 503 until it answers" in caplog.text
    store.close()
