"""How the tables come to be, and how old ones become new ones: by one process, while the others wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from bearerguard.errors import ConfigurationError
from bearerguard.stores._row_triggers import number_after_repair
from bearerguard.stores._sql.places import Place, kind_of
from bearerguard.stores._sql.schema import metadata, tokens, versions
from bearerguard.stores._sql.telling import CHANNEL, MANY, changes, counter, is_telling, triggers
from bearerguard.stores._sqlite.schema import APPLICATION_ID

LOCK = APPLICATION_ID  # a number that no other program locks by accident
LOCK_NAME = "bearerguard_schema"
LOCK_SECONDS = 60  # what another process may take for its upgrade


def _make_tables(connection: sa.Connection) -> None:
    metadata.create_all(connection)  # only what is not there: a step may have been cut off in its middle


def _make_triggers(connection: sa.Connection) -> None:
    metadata.create_all(connection)
    if connection.scalar(sa.select(sa.func.count()).select_from(counter)) == 0:
        connection.execute(sa.insert(counter).values(number=0))
    for statement in triggers(kind_of(connection.dialect)):
        connection.exec_driver_sql(statement)


def _repair(connection: sa.Connection) -> None:
    # Only what needs it: MySQL tells nothing between the end of a trigger and its new beginning.
    kind = kind_of(connection.dialect)
    metadata.create_all(connection)
    is_whole = is_telling(kind, lambda query: connection.exec_driver_sql(query).all())
    number = _number_after_repair(connection)
    if number is not None:
        connection.execute(sa.delete(counter))
        connection.execute(sa.insert(counter).values(number=number))
    if not is_whole:
        _make_triggers(connection)
        # After them, and without a change: a gap, for those who have heard nothing in the meantime.
        connection.execute(sa.update(counter).values(number=counter.c.number + 1))
        if kind == "postgresql":
            connection.execute(sa.select(sa.func.pg_notify(CHANNEL, MANY)))


def _number_after_repair(connection: sa.Connection) -> int | None:
    numbers = connection.scalars(sa.select(counter.c.number)).all()
    last_change = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(changes.c.number), 0)))
    return number_after_repair(numbers, last_change or 0)


STEPS: tuple[Callable[[sa.Connection], None], ...] = (_make_tables, _make_triggers)
"""Step n makes version n of version n - 1, and does no harm when it is done twice: MySQL ends a
transaction at every change of a table."""

NEWEST_VERSION = len(STEPS)


def version_of(connection: sa.Connection) -> int:
    """Give the version of the tables, 0 where there are none."""
    if not sa.inspect(connection).has_table(versions.name):
        return 0
    return connection.scalar(sa.select(sa.func.max(versions.c.version))) or 0


def upgrade(engine: sa.Engine, place: Place) -> tuple[int, int]:
    """Bring the tables to the newest version; from which and to which. Of many who try at once one does it.

    What tells of changes is made again where somebody has taken it away, whatever the version is.
    Raises ConfigurationError for tables of a newer bearerguard.
    """
    with engine.connect() as connection, _locked(connection, place):
        _refuse_token_file(connection, place)
        version = version_of(connection)
        check(version, place)
        for number, step in enumerate(STEPS[version:], version + 1):
            step(connection)
            connection.execute(sa.delete(versions))
            connection.execute(sa.insert(versions).values(version=number))
        _repair(connection)
        return version, NEWEST_VERSION


def check(version: int, place: Place) -> None:
    """Raise ConfigurationError for tables that a newer bearerguard has made."""
    if version > NEWEST_VERSION:
        raise ConfigurationError(f"{place.name} was upgraded by a newer bearerguard: upgrade this one")


def check_ready(engine: sa.Engine, place: Place) -> None:
    """Raise ConfigurationError where the tables are missing or old, and what a look-up would raise."""
    version = _version_at(engine, place)
    if version < NEWEST_VERSION:
        what = "has no table of tokens" if version == 0 else "has tables of an older bearerguard"
        raise ConfigurationError(f"{place.name} {what}: run `bearerguard store upgrade`")
    with engine.connect() as connection:  # as a look-up does: the first request is too late to hear of it
        connection.execute(sa.select(tokens).limit(0))


def is_old(engine: sa.Engine, place: Place) -> bool:
    """Tell whether the tables are missing or old. Raises ConfigurationError for those of a newer one."""
    return _version_at(engine, place) < NEWEST_VERSION


def _version_at(engine: sa.Engine, place: Place) -> int:
    with engine.connect() as connection:
        _refuse_token_file(connection, place)
        version = version_of(connection)
    check(version, place)
    return version


def _refuse_token_file(connection: sa.Connection, place: Place) -> None:
    # Else there would be two sets of tokens in one file, and each store would know one of them.
    if (
        place.kind == "sqlite"
        and connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID
    ):
        raise ConfigurationError(
            f"{place.name} was made by SqliteTokenStore: give its path, without sqlite:/// before it"
        )


def statements(dialect: sa.Dialect) -> str:
    """Give what would be run on an empty database, as its command-line client takes it."""
    parts = [str(CreateTable(table).compile(dialect=dialect)).strip() for table in metadata.sorted_tables]
    parts += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in tokens.indexes]
    parts.append(f"INSERT INTO {counter.name} (number) VALUES (0)")  # noqa: S608 - constants only
    told = [one.strip() for one in triggers(kind_of(dialect)) if not one.startswith("DROP")]
    last = f"INSERT INTO {versions.name} (version) VALUES ({NEWEST_VERSION});\n"  # noqa: S608
    if kind_of(dialect) == "mysql":  # its client would end a trigger at the first semicolon inside
        body = "".join(f"{statement}//\n\n" for statement in told)
        return ";\n\n".join(parts) + f";\n\nDELIMITER //\n\n{body}DELIMITER ;\n\n{last}"
    return ";\n\n".join([*parts, *told, last])


@contextmanager
def _locked(connection: sa.Connection, place: Place) -> Iterator[None]:
    if place.kind == "postgresql":
        connection = connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():  # changes of tables are undone with it
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            yield
    elif place.kind == "mysql":
        if connection.scalar(sa.select(sa.func.get_lock(LOCK_NAME, LOCK_SECONDS))) != 1:
            raise ConfigurationError(f"{place.name} is being upgraded by another process: try again later")
        try:
            yield
        finally:
            connection.execute(sa.select(sa.func.release_lock(LOCK_NAME)))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
