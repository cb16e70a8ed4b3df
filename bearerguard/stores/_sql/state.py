"""What a database says of itself."""

from __future__ import annotations

import sqlalchemy as sa

from bearerguard.stores._sql.places import Place
from bearerguard.stores._sql.telling import is_telling
from bearerguard.stores._sql.upgrading import NEWEST_VERSION, version_of
from bearerguard.stores._state import StoreState

# What tells one database from another, however it was reached; and what a power cut may take.
_IDENTITY = {
    "postgresql": (
        "SELECT system_identifier::text, current_database(), current_schema() FROM pg_control_system()"
    ),
    "mysql": "SELECT @@hostname, @@port, @@datadir, database()",
    "sqlite": "SELECT file FROM pragma_database_list WHERE name = 'main'",
}
_DURABILITY = {
    "postgresql": "SELECT current_setting('fsync'), current_setting('synchronous_commit')",
    "mysql": "SELECT @@innodb_flush_log_at_trx_commit, IF(@@log_bin, @@sync_binlog, 1)",
    "sqlite": "PRAGMA synchronous",
}
_NAMES = {
    "postgresql": ("fsync", "synchronous_commit"),
    "mysql": ("innodb_flush_log_at_trx_commit", "sync_binlog"),
    "sqlite": ("synchronous",),
}
# With any other value a change may be acknowledged before it is on disk.
_ENOUGH: dict[str, tuple[tuple[object, ...], ...]] = {
    "postgresql": (("on",), ("on", "local", "remote_write", "remote_apply")),
    "mysql": ((1, 3), (1,)),  # without a binary log the second counts as 1
    "sqlite": ((2, 3),),
}


def state_of(connection: sa.Connection, place: Place) -> StoreState:
    """Ask for all of it. Raises what SQLAlchemy raises."""
    kind = place.kind
    settings = tuple(connection.exec_driver_sql(_DURABILITY[kind]).one())
    identity = connection.exec_driver_sql(_IDENTITY[kind]).one()
    shown = ", ".join(f"{name}={value}" for name, value in zip(_NAMES[kind], settings, strict=True))
    return StoreState(
        name=place.name,
        identity=f"{kind} {' '.join(map(str, identity))}",
        server=_server(connection),
        version=version_of(connection),
        newest_version=NEWEST_VERSION,
        durability=shown,
        is_durable=all(value in enough for value, enough in zip(settings, _ENOUGH[kind], strict=True)),
        is_telling=is_telling(kind, lambda query: connection.exec_driver_sql(query).all()),
    )


def _server(connection: sa.Connection) -> str:
    dialect = connection.dialect
    is_mariadb = getattr(dialect, "is_mariadb", False)
    names = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
    name = names["mariadb" if is_mariadb else dialect.name]
    version = (part for part in dialect.server_version_info or () if isinstance(part, int))
    return f"{name} {'.'.join(map(str, version))}"
