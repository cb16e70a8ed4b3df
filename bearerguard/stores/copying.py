"""Copy all tokens of one store into another, of any kinds, while both may be in use.

A pass reads the source page by page, looks each page up in the target, and writes what is missing there
or says less. Passes follow until one finds nothing to write: that one has read back every record, counted
them and summed up their checksums on both sides. So what is cut off anywhere goes on where it was when it
is done again, and what is revoked meanwhile is revoked in the copy too, up to the last pass.

When tokens were last used comes over too, and is not verified: it changes all the time.

A difference in the instants is settled as everywhere: the later one counts, and a token that is revoked
in either store is revoked. A difference in anything else is a conflict: it is told, the target's stays.

At the end the target is gone through too, for tokens that are good there and not in the source at all. They
may be its own; but one that was copied, and since then revoked and purged in the source, looks the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bearerguard.errors import ConfigurationError
from bearerguard.stores import PAGE_RECORDS, TokenAdministration, TokenRecord
from bearerguard.stores._merging import merged
from bearerguard.stores._rows import row_of
from bearerguard.stores.revocations import is_revocation

MAX_PASSES = 5  # each later one only writes what changed during the one before
MAX_NAMED_CONFLICTS = 10  # a person looks at some; the count says how many there are
_CHECKSUM_MODULUS = 2**256  # sums of SHA-256: the order in which records come does not matter

Progress = Callable[[int, int], None]
Clock = Callable[[], float]


@dataclass(slots=True)
class Pass:
    """What one reading of the source came to."""

    records: int = 0
    left_behind: int = 0
    added: int = 0
    changed: int = 0
    conflicts: int = 0
    conflicting_ids: list[str] = field(default_factory=list)
    expected_checksum: int = 0
    found_checksum: int = 0

    @property
    def written(self) -> int:
        """How many records were missing in the target, or said less there."""
        return self.added + self.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a whole copy came to; `is_verified` says that the last pass found every record as it should be."""

    records: int
    left_behind: int
    added: int
    changed: int
    passes: int
    conflicts: int
    conflicting_ids: tuple[str, ...]
    checksum: str
    is_verified: bool
    only_in_target: int  # good tokens


def copy(
    source: TokenAdministration,
    target: TokenAdministration,
    *,
    on_progress: Progress = lambda number, records: None,
    page_records: int = PAGE_RECORDS,
    now: Clock = time.time,
) -> Copied:
    """Copy every record of `source` into `target`, and verify it.

    `on_progress` gets the number of the pass and how many records of it are done. Left behind is what has
    expired so long ago that the target would forget it at once. Holds one page in memory. Raises
    ConfigurationError where both are one store, and Unavailable; doing it again goes on.

    Does not: see what changes in the source behind the last pass.
    """
    state = target.state()
    if source.state().identity == state.identity:
        raise ConfigurationError("both are the same store: name another one to copy to")
    # Half of it: what is copied must still be there when it is read back.
    age_seconds = math.inf if state.forgets_after_seconds is None else state.forgets_after_seconds / 2
    ended_before = now() - age_seconds
    passes: list[Pass] = []
    while not passes or (passes[-1].written and len(passes) < MAX_PASSES):
        this = Pass()
        passes.append(this)
        for page in source.pages(limit=page_records):
            _copy_page(this, page, target, ended_before)
            if used := source.last_uses([record.digest for record in page]):
                target.keep_uses(used)
            on_progress(len(passes), this.records + this.left_behind)
    return _sum_up(passes, _only_in_target(source, target, page_records, now()))


def _only_in_target(
    source: TokenAdministration, target: TokenAdministration, page_records: int, at: float
) -> int:
    number = 0
    for page in target.pages(limit=page_records):
        good = [record.digest for record in page if _is_good_token(record, at)]
        number += len(set(good) - source.find_many(good).keys())
    return number


def _is_good_token(record: TokenRecord, at: float) -> bool:
    is_over = record.revoked_at is not None or (record.expires_at is not None and record.expires_at <= at)
    return not is_over and not is_revocation(record.digest)


def _sum_up(passes: list[Pass], only_in_target: int) -> Copied:
    last = passes[-1]
    return Copied(
        records=last.records,
        left_behind=last.left_behind,
        added=sum(one.added for one in passes),
        changed=sum(one.changed for one in passes),
        passes=len(passes),
        conflicts=last.conflicts,
        conflicting_ids=tuple(last.conflicting_ids),
        checksum=f"{last.found_checksum:064x}",
        is_verified=last.written == 0 and last.found_checksum == last.expected_checksum,
        only_in_target=only_in_target,
    )


def _copy_page(this: Pass, page: list[TokenRecord], target: TokenAdministration, ended_before: float) -> None:
    kept = [record for record in page if record.expires_at is None or record.expires_at > ended_before]
    there = target.find_many([record.digest for record in kept])
    wanted = [_wanted(this, record, there.get(record.digest)) for record in kept]
    missing = [record for record in wanted if record != there.get(record.digest)]
    added = sum(record.digest not in there for record in missing)
    this.added += added
    this.changed += len(missing) - added
    this.records += len(kept)
    this.left_behind += len(page) - len(kept)
    found = (there[record.digest] for record in kept if record.digest in there)
    this.expected_checksum = _sum(this.expected_checksum, wanted)
    this.found_checksum = _sum(this.found_checksum, found)
    if missing:
        target.merge(missing)


def _wanted(this: Pass, record: TokenRecord, known: TokenRecord | None) -> TokenRecord:
    """Say how a record should be in the target."""
    if known is None or known == record:
        return record
    if _what_never_changes(record) == _what_never_changes(known):
        return merged(known, record)
    this.conflicts += 1
    if len(this.conflicting_ids) < MAX_NAMED_CONFLICTS:
        this.conflicting_ids.append(record.token_id)
    # Whatever else they disagree on: what one of them says is revoked, is.
    return merged(known, replace(known, revoked_at=record.revoked_at))


def _what_never_changes(record: TokenRecord) -> TokenRecord:
    if is_revocation(record.digest):  # its instants are extended, and its label is for people
        return replace(record, issued_at=0.0, expires_at=None, revoked_at=None, label=None)
    return replace(record, revoked_at=None)


def _sum(checksum: int, records: Iterable[TokenRecord]) -> int:
    for record in records:
        checksum += int.from_bytes(sha256(repr(_canonical(record)).encode("utf-8")).digest())
    return checksum % _CHECKSUM_MODULUS


def _canonical(record: TokenRecord) -> tuple[object, ...]:
    # An instant may be an int in a record that was made in code, and comes back as a float.
    return tuple(float(value) if isinstance(value, int) else value for value in row_of(record))
