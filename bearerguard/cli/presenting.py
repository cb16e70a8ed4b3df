"""Show records to people and to programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bearerguard.stores import PAGE_RECORDS, TokenAdministration, TokenRecord
from bearerguard.stores.revocations import is_revocation

LINE = "{:16}  {:7}  {:17}  {:17}  {:20}  {:20}  {}"
HEADING = LINE.format("ID", "STATE", "EXPIRES", "LAST USED", "USER", "CLIENT", "SCOPES")


def state_of(record: TokenRecord, now: float) -> str:
    """Name the state: revoked, expired or active."""
    if revoked_at(record) is not None:
        return "revoked"
    return "expired" if record.expires_at is not None and now >= record.expires_at else "active"


def with_last_uses(
    store: TokenAdministration, records: Iterable[TokenRecord]
) -> Iterator[tuple[TokenRecord, float | None]]:
    """Give each record and when its token was last used, None where nobody knows."""
    records = iter(records)
    while page := list(islice(records, PAGE_RECORDS)):
        used = store.last_uses([record.digest for record in page])
        yield from ((record, used.get(record.digest)) for record in page)


def revoked_at(record: TokenRecord) -> float | None:
    """Say when a token was revoked; the record of a revocation is of a token that was."""
    return record.issued_at if is_revocation(record.digest) else record.revoked_at


def instant_text(instant: float | None, none: str = "never") -> str:
    """Write an instant as UTC, to the minute."""
    return none if instant is None else f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%MZ}"


def safe(text: str | None) -> str:
    """Make text safe for a terminal: labels and names may come from anywhere."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text or "-")


def line_of(record: TokenRecord, now: float, last_used_at: float | None) -> str:
    """One line of a list."""
    instants = instant_text(record.expires_at), instant_text(last_used_at, "-")
    texts = (safe(record.subject), safe(record.client_id), safe(" ".join(sorted(record.scopes))))
    line = LINE.format(record.token_id, state_of(record, now), *instants, *texts)
    return f"{line}  ({safe(record.label)})" if record.label else line


def card_of(record: TokenRecord, now: float, last_used_at: float | None) -> str:
    """All about one token."""
    lines = (
        ("ID", record.token_id),
        ("state", state_of(record, now)),
        ("user", safe(record.subject)),
        ("client", safe(record.client_id)),
        ("scopes", safe(" ".join(sorted(record.scopes)))),
        ("issued", instant_text(record.issued_at)),
        ("expires", instant_text(record.expires_at)),
        ("revoked", instant_text(revoked_at(record), "no")),
        ("last use", instant_text(last_used_at, "-")),
        ("label", safe(record.label)),
        ("SHA-256", record.digest.hex()),
    )
    return "\n".join(f"{name:8} {value}" for name, value in lines)


def json_of(record: TokenRecord, now: float, last_used_at: float | None, **more: str) -> str:
    """A record as one line of JSON; instants are Unix seconds, null where there is none."""
    members: dict[str, Any] = {
        **more,
        "id": record.token_id,
        "sha256": record.digest.hex(),
        "state": state_of(record, now),
        "user": record.subject,
        "client": record.client_id,
        "scopes": sorted(record.scopes),
        "issued_at": record.issued_at,
        "expires_at": record.expires_at,
        "revoked_at": revoked_at(record),
        "last_used_at": last_used_at,
        "label": record.label,
    }
    return json.dumps(members)


def tokens_text(count: int) -> str:
    """Say how many tokens."""
    return "1 token" if count == 1 else f"{count} tokens"
