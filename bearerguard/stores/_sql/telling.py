"""The triggers by which a database tells of changed tokens, in the transaction that changes them.

What is told, and what is not, is said in `bearerguard.stores._row_triggers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from bearerguard.stores._row_triggers import (
    CHANGES,
    COUNTER,
    MARK,
    MYSQL_NAMES,
    SQLITE_NAMES,
    for_mysql,
    for_sqlite,
    sqlite_triggers,
)
from bearerguard.stores._sql.places import Kind
from bearerguard.stores._sql.schema import TRANSACTIONAL, Digest, metadata, tokens

CHANNEL = "bearerguard_revoked"
MANY = "*"  # what is notified in place of more digests than are worth it
MAX_NOTIFIED = 1_000

counter = sa.Table(COUNTER, metadata, sa.Column("number", sa.BigInteger, nullable=False), **TRANSACTIONAL)
changes = sa.Table(
    CHANGES,
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", Digest, nullable=False),
    **TRANSACTIONAL,
)

# An UPDATE may also give a token another digest: then both are told.
_NOTIFY = f"""
CREATE OR REPLACE FUNCTION bearerguard_tell() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    told bytea[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM pg_notify('{CHANNEL}', '{MANY}');
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        told := ARRAY(SELECT digest FROM changed
                      WHERE revoked_at IS NOT NULL OR substring(digest FROM 25) = '\\x{MARK}'
                      LIMIT {MAX_NOTIFIED + 1});
    ELSIF TG_OP = 'DELETE' THEN
        told := ARRAY(SELECT digest FROM former WHERE revoked_at IS NULL
                      AND (expires_at IS NULL OR expires_at > extract(epoch FROM clock_timestamp()))
                      LIMIT {MAX_NOTIFIED + 1});
    ELSE
        told := ARRAY(SELECT digest FROM changed UNION SELECT digest FROM former LIMIT {MAX_NOTIFIED + 1});
    END IF;
    IF cardinality(told) > {MAX_NOTIFIED} THEN
        PERFORM pg_notify('{CHANNEL}', '{MANY}');
    ELSE
        PERFORM pg_notify('{CHANNEL}', encode(one, 'hex')) FROM unnest(told) AS one;
    END IF;
    RETURN NULL;
END
$body$
"""  # noqa: S608 - constants only
_EVENTS = (
    ("bearerguard_tell_insert", "INSERT", "REFERENCING NEW TABLE AS changed"),
    ("bearerguard_tell_update", "UPDATE", "REFERENCING OLD TABLE AS former NEW TABLE AS changed"),
    ("bearerguard_tell_delete", "DELETE", "REFERENCING OLD TABLE AS former"),
    ("bearerguard_tell_truncate", "TRUNCATE", ""),
)
POSTGRESQL_NAMES = frozenset(event[0] for event in _EVENTS)
POSTGRESQL_TRIGGERS = (
    f"SELECT tgname::text FROM pg_trigger WHERE tgrelid = to_regclass('{tokens.name}') "  # noqa: S608
    "AND tgenabled IN ('O', 'A')"
)
_MYSQL_TRIGGERS = (
    "SELECT trigger_name FROM information_schema.triggers "  # noqa: S608 - constants only
    f"WHERE event_object_schema = database() AND event_object_table = '{tokens.name}'"
)
# MySQL shows triggers only to who may make them.
_MAY_SEE = """
SELECT 1 FROM (
    SELECT grantee FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER'
    UNION ALL SELECT grantee FROM information_schema.schema_privileges
    WHERE privilege_type = 'TRIGGER' AND database() LIKE table_schema
) AS known
WHERE grantee = concat(
    quote(substring_index(current_user(), '@', 1)), '@', quote(substring_index(current_user(), '@', -1))
)
"""
_TRIGGERS: dict[Kind, tuple[frozenset[str], str]] = {
    "postgresql": (POSTGRESQL_NAMES, POSTGRESQL_TRIGGERS),
    "mysql": (MYSQL_NAMES, _MYSQL_TRIGGERS),
    "sqlite": (SQLITE_NAMES, sqlite_triggers(tokens.name)),
}


def is_telling(kind: Kind, rows_of: Callable[[str], Sequence[Any]]) -> bool:
    """Tell whether the triggers are there and enabled, as far as this user may know."""
    names, query = _TRIGGERS[kind]
    if names <= {row[0] for row in rows_of(query)}:
        return True
    return kind == "mysql" and not rows_of(_MAY_SEE)


def triggers(kind: Kind) -> list[str]:
    """Give the statements that make the database tell; each replaces what an earlier one has made."""
    if kind == "postgresql":
        return _postgresql()
    return for_mysql(tokens.name) if kind == "mysql" else for_sqlite(tokens.name)


def _postgresql() -> list[str]:
    statements = [_NOTIFY]
    for name, event, referencing in _EVENTS:
        statements += [
            f"DROP TRIGGER IF EXISTS {name} ON {tokens.name}",
            f"CREATE TRIGGER {name} AFTER {event} ON {tokens.name} {referencing} "
            "FOR EACH STATEMENT EXECUTE FUNCTION bearerguard_tell()",
            # Also for who changes them in the role of a replica, as programs do that replicate or restore.
            f"ALTER TABLE {tokens.name} ENABLE ALWAYS TRIGGER {name}",
        ]
    return statements
