"""The file of a development authorization server: its token store with our tables in it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bearerguard.devserver.ownership import check_owner
from bearerguard.devserver.secrets import new_id
from bearerguard.devserver.state.schema import TABLES, VERSION
from bearerguard.errors import ConfigurationError
from bearerguard.stores._sqlite.writer import prepare, session, transaction
from bearerguard.stores.sqlite import SqliteTokenStore


class StateFile:
    """One SQLite file; every change is one transaction, on disk when it is over.

    With `create` a file that is not there is made. Raises ConfigurationError for a store that no
    development server has made: real tokens have no business in one.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, create: bool = True, now: Callable[[], float]
    ) -> None:
        self.path = Path(path).absolute()
        if not self.path.exists() and not self.path.is_symlink():
            if not create:
                raise ConfigurationError(
                    f"there is no file {self.path}: start the development server first, or name another file"
                )
            _make(self.path)
        elif self.path.is_file() and self.path.stat().st_size == 0:
            raise ConfigurationError(f"{self.path} is empty: delete it, or name another file")
        if self.path.exists():
            check_owner(self.path, self.path.stat())
        self.store = SqliteTokenStore(self.path, create=False, now=now)
        with session(self.path) as connection:
            version = _version_of(connection)
        if version is None:
            raise ConfigurationError(
                f"{self.path} is a token store that no development server has made, so none will use it: "
                "name a file of its own"
            )
        if version != VERSION:
            raise ConfigurationError(
                f"{self.path} was made by another version of bearerguard: name a new file"
            )

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Change the file in one transaction. Raises Unavailable, and then nothing has changed."""
        return transaction(self.path)

    def change(self, statement: str, *values: object) -> int:
        """Run one statement; how many rows it changed. Raises Unavailable."""
        with self.transaction() as connection:
            return connection.execute(statement, values).rowcount

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Give what a query finds. Raises Unavailable."""
        with session(self.path) as connection:
            return connection.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        """Give the one row that a query finds, None where there is none. Raises Unavailable."""
        return next(iter(self.rows(query, *values)), None)


def _make(path: Path) -> None:
    """Make a file whole, and only then give it its name: nobody ever sees, or is left with, half of one."""
    building = path.with_name(f".{path.name}.{new_id()}")
    try:
        prepare(building, create=True)
        with transaction(building) as connection:
            for statement in TABLES:
                connection.execute(statement)
            connection.execute("INSERT INTO devserver (version) VALUES (?)", (VERSION,))
        os.link(building, path)
    except FileExistsError:
        pass  # another process was quicker, or it is a link to nothing: opening it will tell
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be made there: name a file on a local disk") from error
    finally:
        for end in ("", "-wal", "-shm"):
            building.with_name(building.name + end).unlink(missing_ok=True)


def _version_of(connection: sqlite3.Connection) -> int | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'devserver'").fetchone():
        return None
    (version,) = connection.execute("SELECT version FROM devserver").fetchone()
    return int(version)
