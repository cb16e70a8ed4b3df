"""The statements that change tokens, where they differ between databases or are many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from bearerguard.stores import DuplicateToken, TokenRecord, _rows
from bearerguard.stores._sql.errors import is_deadlock
from bearerguard.stores._sql.places import Kind
from bearerguard.stores._sql.schema import tokens, uses

DEADLOCK_TRIES = (
    5  # two that wait for each other are rare, and one of them is done before the other's next try
)
CHUNK_RECORDS = 1_000  # what travels at once; the statement of 8,000 values stays below every limit
Item = TypeVar("Item")
_NAMES = tuple(column.name for column in tokens.columns)
_COPY = f"COPY {tokens.name} ({', '.join(_NAMES)}) FROM STDIN (FORMAT BINARY)"
_COPIED_TYPES = ("bytea", "text", "text", "text", "float8", "float8", "float8", "text")


def row_of(record: TokenRecord) -> dict[str, Any]:
    """Make the row of a record."""
    return dict(zip(_NAMES, _rows.row_of(record), strict=True))


def whose(subject: str | None, client_id: str | None) -> list[sa.ColumnElement[bool]]:
    """Give the conditions for the tokens of a user, an application or both."""
    wanted = ((tokens.c.subject, subject), (tokens.c.client_id, client_id))
    return [column == value for column, value in wanted if value is not None]


def revocation(at: float, *conditions: sa.ColumnElement[bool]) -> sa.Update:
    """Revoke what is not revoked by now: the first instant stays."""
    return sa.update(tokens).where(tokens.c.revoked_at.is_(None), *conditions).values(revoked_at=at)


def change(connection: sa.Connection, statement: sa.Executable) -> int:
    """Run a statement that is a transaction of its own; how many rows it was.

    One that the database ends, since it and another wait for each other, is run again: in MySQL a revocation
    holds its row and then wants the counter of changes, which one of many rows holds that wants this row.
    """
    for _ in range(DEADLOCK_TRIES):
        try:
            return connection.execute(statement).rowcount
        except sa.exc.DBAPIError as error:
            if not is_deadlock(error):
                raise
    return connection.execute(statement).rowcount


def insert_all(connection: sa.Connection, records: Iterable[TokenRecord]) -> int:
    """Insert records within the transaction under way; how many it was. Raises DuplicateToken."""
    dialect = connection.dialect
    insert = _copy if dialect.name == "postgresql" else _insert
    duplicates = (sa.exc.IntegrityError, dialect.loaded_dbapi.IntegrityError)
    count = 0
    for chunk in chunks(records):
        savepoint = connection.begin_nested()
        try:
            insert(connection, chunk)
        except duplicates as error:
            savepoint.rollback()
            raise DuplicateToken(_doubled(connection, chunk)) from error
        savepoint.commit()
        count += len(chunk)
    return count


def _insert(connection: sa.Connection, chunk: list[TokenRecord]) -> None:
    connection.execute(sa.insert(tokens), [row_of(record) for record in chunk])


def _copy(connection: sa.Connection, chunk: list[TokenRecord]) -> None:
    """Insert by PostgreSQL's COPY, in a fifth of the time."""
    with connection.connection.cursor() as cursor, cursor.copy(_COPY) as copy:  # type: ignore[attr-defined]
        copy.set_types(_COPIED_TYPES)
        for record in chunk:
            copy.write_row(_rows.row_of(record))


def extend(record: TokenRecord, kind: Kind) -> sa.Insert:
    """Insert a record, or of one that is there take the later instants; no expiry is the latest."""
    return _upsert(kind, tokens, _later).values(row_of(record))


def merge(kind: Kind) -> sa.Insert:
    """Insert rows, or of those that are there with their digests take the later of each of the instants."""
    return _upsert(kind, tokens, _latest)


def keep_uses(kind: Kind) -> sa.Insert:
    """Insert when tokens were last used, or of those that are there take the later instant."""
    return _upsert(
        kind,
        uses,
        lambda given, greatest: {"last_used_at": greatest(uses.c.last_used_at, given.last_used_at)},
    )


def _upsert(kind: Kind, table: sa.Table, changed: Callable[[Any, Any], dict[str, Any]]) -> sa.Insert:
    if kind == "mysql":
        statement = mysql.insert(table)
        return statement.on_duplicate_key_update(**changed(statement.inserted, sa.func.greatest))
    if kind == "postgresql":
        upsert = postgresql.insert(table)
        values = changed(upsert.excluded, sa.func.greatest)
        return upsert.on_conflict_do_update(index_elements=[table.c.digest], set_=values)
    lite = sqlite.insert(table)
    return lite.on_conflict_do_update(
        index_elements=[table.c.digest], set_=changed(lite.excluded, sa.func.max)
    )


def _latest(given: Any, greatest: Any) -> dict[str, Any]:
    ours, theirs = tokens.c.revoked_at, given.revoked_at
    # Both in either place: greatest() of a NULL and a number is not the same everywhere.
    revoked_at = greatest(sa.func.coalesce(ours, theirs), sa.func.coalesce(theirs, ours))
    return {**_later(given, greatest), "revoked_at": revoked_at}


def _later(given: Any, greatest: Any) -> dict[str, Any]:
    # PostgreSQL's greatest() of a NULL and a number is the number, that of the others NULL.
    either_is_null = sa.or_(tokens.c.expires_at.is_(None), given.expires_at.is_(None))
    return {
        "issued_at": greatest(tokens.c.issued_at, given.issued_at),
        "expires_at": sa.case(
            (either_is_null, sa.null()), else_=greatest(tokens.c.expires_at, given.expires_at)
        ),
    }


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Give them so many at a time as may travel at once."""
    iterator = iter(items)
    while chunk := list(islice(iterator, CHUNK_RECORDS)):
        yield chunk


def _doubled(connection: sa.Connection, chunk: list[TokenRecord]) -> bytes:
    """Find which of these was there already, or comes twice."""
    digests = [record.digest for record in chunk]
    query = sa.select(tokens.c.digest).where(tokens.c.digest.in_(digests))
    seen = set(connection.scalars(query))
    for digest in digests:
        if digest in seen:
            return digest
        seen.add(digest)
    raise AssertionError("the database refused a record whose digest it does not hold")
