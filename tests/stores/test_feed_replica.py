"""A database that only lets read hears late or never: its feed is down, whatever it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bearerguard.errors import Unavailable
from bearerguard.stores._sql.feeding import Polled
from tests.stores.databases import database
from tests.stores.test_feed_engines import Told

REPLICA = "token store: the server that answers only lets read, as a replica does, which hears late or never"


class Answering(Polled):
    """A counter at 7 on a MariaDB that gives this for `read_only`; notes what it is asked."""

    def __init__(self, read_only: object) -> None:
        super().__init__(sa.create_engine("mysql+pymysql://"), (), lambda error: Unavailable(str(error)))
        self.answer = (7, read_only)
        self.asked: list[str] = []

    def _rows(self, statement: str, connection: Any = None) -> list[Any]:
        self.asked.append(statement)
        return [self.answer]


@pytest.mark.parametrize("says", [1, "ON", "NO_LOCK", "NO_LOCK_NO_ADMIN", None])
def test_a_replica_is_not_listened_to(says: object) -> None:
    """Neither from the beginning nor when a proxy asks another one; the answer is that server's own."""
    with pytest.raises(Unavailable) as caught:
        Answering(says).begin()
    assert REPLICA == caught.value.what
    source = Answering(0)
    source.begin()
    source.answer = (7, says)
    with pytest.raises(Unavailable):
        list(source.prove())
    assert ["SELECT number, @@global.read_only FROM bearerguard_counter"] * 2 == source.asked


@pytest.mark.parametrize("says", [0, "OFF"])
def test_a_primary_is(says: object) -> None:
    """Whichever way it says so."""
    source = Answering(says)
    source.begin()
    assert [] == list(source.prove())


def test_a_server_of_this_machine_is_asked_in_its_own_words(tmp_path: Path) -> None:
    """MariaDB as it is installed is no replica."""
    with database("mariadb", tmp_path) as url:
        told = Told("mariadb", url)
        assert told.store.feed is not None
        assert told.store.feed.is_up
        for one in (told.store, told.other):
            one.close()
        told.connection.close()
