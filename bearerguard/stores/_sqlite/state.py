"""What a token file says of itself."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bearerguard.errors import ConfigurationError
from bearerguard.stores._sqlite.errors import unavailable
from bearerguard.stores._sqlite.schema import NEWEST_VERSION, is_telling, open_checked
from bearerguard.stores._sqlite.writer import WRITE_TIMEOUT_SECONDS
from bearerguard.stores._state import StoreState


def state_of(path: Path) -> StoreState:
    """Look at a file, without changing it. Raises Unavailable."""
    version, found, tells = _look_at(path)
    return StoreState(
        name=str(path),
        identity=f"file {found.st_dev}:{found.st_ino}",
        server=f"SQLite {sqlite3.sqlite_version}",
        version=version,
        newest_version=NEWEST_VERSION,
        durability="each change is on disk before it is acknowledged",
        is_durable=True,
        is_telling=tells,
    )


def version_of_file(path: Path) -> int:
    """Give the version of a file, 0 where there is none. Raises ConfigurationError, Unavailable."""
    try:
        return _look_at(path)[0] if path.stat().st_size else 0
    except FileNotFoundError:
        return 0


def _look_at(path: Path) -> tuple[int, os.stat_result, bool]:
    try:
        connection, version = open_checked(path, WRITE_TIMEOUT_SECONDS)
        with closing(connection):
            return version, os.stat(path), is_telling(connection)
    except (sqlite3.Error, OSError, ConfigurationError) as error:
        raise unavailable(path, error) from error
