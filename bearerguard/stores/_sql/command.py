"""What `bearerguard store` asks of a database whose tables may not be there yet."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from bearerguard.errors import ConfigurationError
from bearerguard.stores._sql.engines import Engines
from bearerguard.stores._sql.errors import failures, is_permanent, unavailable
from bearerguard.stores._sql.places import Kind, place_of
from bearerguard.stores._sql.upgrading import statements, upgrade

CONNECT_TIMEOUT_SECONDS = 10.0  # a person waits, and the machine may be far away


def upgrade_database(url: str) -> tuple[int, int]:
    """Bring the tables to the newest version; from which and to which.

    Raises ConfigurationError for a wrong URL or tables of a newer bearerguard, Unavailable.
    """
    place = place_of(url)
    engine = Engines(place, pool_size=1, timeout_seconds=CONNECT_TIMEOUT_SECONDS).for_long_work()
    try:
        return upgrade(engine, place)
    except failures(place) as error:
        outage = unavailable(place, error)
        if is_permanent(error):
            raise ConfigurationError(str(outage)) from error
        raise outage from error


def ddl(kind: Kind) -> str:
    """Give the statements that make the tables in an empty database of this kind."""
    return statements(_dialect(kind))


def _dialect(kind: Kind) -> Dialect:
    url = {"postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://", "sqlite": "sqlite://"}[kind]
    return sa.make_url(url).get_dialect()()
