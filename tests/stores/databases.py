"""Databases of a test's own on the servers of this machine; each is dropped at the end."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psycopg
import pymysql
import pytest

KINDS = ("postgresql", "mariadb", "sqlite")
POSTGRESQL = "postgresql://postgres@127.0.0.1"
MARIADB = {"host": "127.0.0.1", "user": "root"}

Execute = Callable[[str], None]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database of this kind; its URL."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/sql.db"
        return
    name = f"bearerguard_{os.getpid()}_{secrets.token_hex(4)}"
    with _server(kind) as execute:
        execute(f"CREATE DATABASE {name}")
        try:
            if kind == "postgresql":
                yield f"{POSTGRESQL}/{name}"
            else:
                yield f"mariadb://{MARIADB['user']}@{MARIADB['host']}/{name}"
        finally:
            execute(f"DROP DATABASE {name}{' WITH (FORCE)' if kind == 'postgresql' else ''}")


def execute(url: str, statement: str) -> None:
    """Run one statement as anybody's program would."""
    kind, _, name = url.partition("://")
    with _server(kind, name.rpartition("/")[2]) as run:
        run(statement)


@contextmanager
def _server(kind: str, name: str | None = None) -> Iterator[Execute]:
    try:
        if kind == "postgresql":
            with psycopg.connect(POSTGRESQL, dbname=name or "postgres", autocommit=True) as connection:
                yield lambda statement: connection.execute(statement.encode()) and None
            return
        client = pymysql.connect(**MARIADB, database=name, autocommit=True)
    except (psycopg.OperationalError, pymysql.OperationalError):
        _missing(f"a {kind} server at 127.0.0.1")
    with client, client.cursor() as cursor:
        yield lambda statement: cursor.execute(statement) and None


def _missing(what: str) -> NoReturn:
    """Skip, but not where all must be there."""
    if "CI" in os.environ:
        pytest.fail(f"{what} is not there")
    pytest.skip(f"{what} is not there")
