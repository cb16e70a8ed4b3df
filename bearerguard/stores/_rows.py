"""Records to rows and back, for every store whose records are rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from typing import Any

from bearerguard.stores import FIRST_IMPOSSIBLE_INSTANT, MAX_KEPT_SCOPE_SETS, TokenRecord
from bearerguard.wire.scope import dump_scopes, parse_scopes

Row = tuple[
    bytes, str | None, str | None, str, float, float | None, float | None, str | None
]  # in the order of the fields of a TokenRecord
_new = TokenRecord.__new__
(
    _set_digest,
    _set_subject,
    _set_client_id,
    _set_scopes,
    _set_issued_at,
    _set_expires_at,
    _set_revoked_at,
    _set_label,
) = (getattr(TokenRecord, field.name).__set__ for field in fields(TokenRecord))


class ForeignRow(ValueError):
    """A row that no store of ours has written."""


def restored(row: Row) -> TokenRecord:
    """Make the record of a row. Raises ForeignRow for one that this store did not write."""
    # By hand, since these were checked when they were stored: building and checking a record takes
    # 2 us, this 0.5, beside a point read of 5.
    digest, subject, client_id, scopes, issued_at, expires_at, revoked_at, label = row
    if not _is_plausible(subject, client_id, scopes, issued_at, expires_at):
        raise ForeignRow("a record that was not written by this store")
    record = _new(TokenRecord)
    _set_digest(record, digest)
    _set_subject(record, subject)
    _set_client_id(record, client_id)
    _set_scopes(record, _scopes_of(scopes))
    _set_issued_at(record, issued_at)
    _set_expires_at(record, expires_at)
    _set_revoked_at(record, revoked_at)
    _set_label(record, label)
    return record


def _is_plausible(
    subject: object, client_id: object, scopes: object, issued_at: object, expires_at: object
) -> bool:
    # SQLite keeps any type in any column, PostgreSQL 'NaN' and 'infinity' among the numbers. An expiry
    # that is no number would never come.
    return (
        (subject is None or (type(subject) is str and subject != ""))
        and (client_id is None or (type(client_id) is str and client_id != ""))
        and type(scopes) is str
        and (type(issued_at) is float and 0 <= issued_at < FIRST_IMPOSSIBLE_INSTANT)
        and (expires_at is None or (type(expires_at) is float and 0 <= expires_at < FIRST_IMPOSSIBLE_INSTANT))
    )


def row_of(record: TokenRecord) -> Row:
    """Make the row of a record."""
    return (
        record.digest,
        record.subject,
        record.client_id,
        _text_of(record.scopes),
        record.issued_at,
        record.expires_at,
        record.revoked_at,
        record.label,
    )


def instants_of(rows: Iterable[tuple[bytes, Any]]) -> dict[bytes, float]:
    """Give the instants of rows of a digest and one; what no store of ours has written counts for none."""
    return {digest: at for digest, at in rows if type(at) is float and 0 <= at < FIRST_IMPOSSIBLE_INSTANT}


@lru_cache(MAX_KEPT_SCOPE_SETS)
def _scopes_of(text: str) -> frozenset[str]:
    try:
        return frozenset(parse_scopes(text))
    except ValueError as error:
        raise ForeignRow("scopes that were not written by this store") from error


@lru_cache(MAX_KEPT_SCOPE_SETS)
def _text_of(scopes: frozenset[str]) -> str:
    return dump_scopes(tuple(sorted(scopes)))
