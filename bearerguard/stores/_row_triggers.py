"""The triggers of databases that cannot call: each change of a token is written under the next number.

Told is what may make a cached answer wrong: a change of a token, the loss of a live one, and a new record
that is a revocation (`bearerguard.stores.revocations`) or is revoked itself, as one that replaces another may
be. Not told are other new tokens, and the purge of ended ones.

The number comes from a row that stays locked until the transaction is over, so that changes are seen in the
order of their numbers, and none is overtaken by a later one.
"""

from __future__ import annotations

from collections.abc import Sequence

COUNTER, CHANGES = "bearerguard_counter", "bearerguard_changes"
MAX_KEPT = 10_000  # changes; who comes back after more has missed some, and sees that by their numbers
MARK = b"bgrevoke".hex()  # the end of a revocation's digest

_COUNT = f"UPDATE {COUNTER} SET number = number + 1;"  # noqa: S608 - constants only
_FORGET = f"DELETE FROM {CHANGES} WHERE number <= (SELECT number FROM {COUNTER}) - {MAX_KEPT};"  # noqa: S608

_NEW = f"NEW.revoked_at IS NOT NULL OR substr(NEW.digest, 25) = x'{MARK}'"
_LIVE = "OLD.revoked_at IS NULL AND (OLD.expires_at IS NULL OR OLD.expires_at > {now})"
_EVENTS = (
    ("bearerguard_tell_insert", "AFTER INSERT", "NEW", _NEW),
    ("bearerguard_tell_update", "AFTER UPDATE", "NEW", "1 = 1"),
    ("bearerguard_tell_rename", "AFTER UPDATE", "OLD", "OLD.digest <> NEW.digest"),
    ("bearerguard_tell_delete", "AFTER DELETE", "OLD", _LIVE),
)
# What SQLite deletes for a REPLACE runs no trigger. A change by ON CONFLICT is told twice so.
_REPLACE = ("bearerguard_tell_replace", "BEFORE INSERT", "NEW", "EXISTS ({same})")
_SQLITE_EVENTS = (*_EVENTS, _REPLACE)
MYSQL_NAMES = frozenset(event[0] for event in _EVENTS)
SQLITE_NAMES = frozenset(event[0] for event in _SQLITE_EVENTS)
_MYSQL_NOW, _SQLITE_NOW = "unix_timestamp(now(6))", "(julianday('now') - 2440587.5) * 86400.0"


def for_mysql(tokens: str) -> list[str]:
    """Give the statements that make MySQL and MariaDB tell of this table."""
    return _statements(tokens, _EVENTS, "BEGIN IF {when} THEN {note} END IF; END", _MYSQL_NOW)


def for_sqlite(tokens: str) -> list[str]:
    """Give the statements that make SQLite tell of this table."""
    return _statements(tokens, _SQLITE_EVENTS, "WHEN {when} BEGIN {note} END", _SQLITE_NOW)


def sqlite_triggers(tokens: str) -> str:
    """Give the query for the names of the triggers that this table has in SQLite."""
    return f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{tokens}'"  # noqa: S608


def number_after_repair(numbers: Sequence[int], last_change: int) -> int | None:
    """Give what the counter must be set to; None where it is as it should be.

    `numbers` are its rows, one unless somebody has changed it. The new number has no change of its own:
    whoever follows takes that for a gap, and looks up anew what nobody told meanwhile.
    """
    if len(numbers) == 1 and numbers[0] >= last_change:
        return None
    return max(*numbers, last_change, 0) + 1


def _statements(tokens: str, events: Sequence[tuple[str, str, str, str]], body: str, now: str) -> list[str]:
    same = f"SELECT 1 FROM {tokens} WHERE digest = NEW.digest"  # noqa: S608 - constants only
    statements = []
    for name, event, row, condition in events:
        does = body.format(when=condition.format(now=now, same=same), note=_note(row))
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} {event} ON {tokens} FOR EACH ROW {does}",
        ]
    return statements


def _note(row: str) -> str:
    insert = f"INSERT INTO {CHANGES} (number, digest) SELECT number, {row}.digest FROM {COUNTER};"  # noqa: S608
    return f"{_COUNT} {insert} {_FORGET}"
