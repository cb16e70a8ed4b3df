"""Keep tokens in this process: for tests, and for tokens that may be forgotten at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from threading import Lock

from bearerguard.errors import ConfigurationError
from bearerguard.flow import inline
from bearerguard.stores import PAGE_RECORDS, DuplicateToken, Listener, TokenRecord
from bearerguard.stores._awaited import AwaitedByThreads
from bearerguard.stores._listeners import Listeners
from bearerguard.stores._merging import extended, merged
from bearerguard.stores._state import StoreState


class MemoryTokenStore(AwaitedByThreads):
    """A token store in a dict, safe to share between threads.

    Does not: share anything with other processes, so a server with several workers needs another.
    """

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self._records: dict[bytes, TokenRecord] = {}
        self._uses: dict[bytes, float] = {}
        self._lock = Lock()
        self._now = now
        self._listeners = Listeners()

    @inline
    def find(self, digest: bytes) -> TokenRecord | None:
        """Give the record, revoked and expired ones too; None where there is none."""
        return self._records.get(digest)

    @inline
    def add(self, record: TokenRecord) -> None:
        """Keep a record. Raises DuplicateToken."""
        self.add_many((record,))

    @inline
    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did."""
        with self._lock:
            record = self._records.get(digest)
            revoked = record is not None and self._revoke([record]) == 1
        self._listeners.tell(digest)
        return revoked

    @inline
    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there with its digest gets the later `issued_at` and `expires_at`."""
        with self._lock:
            known = self._records.get(record.digest)
            self._records[record.digest] = record if known is None else extended(known, record)
        self._listeners.tell(record.digest)

    def subscribe(self, listener: Listener) -> None:
        """Call this after every change made through this object."""
        self._listeners.subscribe(listener)

    def add_many(self, records: Iterable[TokenRecord]) -> int:
        """Keep all of these or none. Raises DuplicateToken."""
        added: dict[bytes, TokenRecord] = {}
        for record in records:
            if record.digest in added or record.digest in self._records:
                raise DuplicateToken(record.digest)
            added[record.digest] = record
        with self._lock:
            # Asked again under the lock: another thread may have been quicker.
            for digest in added.keys() & self._records.keys():
                raise DuplicateToken(digest)
            self._records.update(added)
        self._listeners.tell(next(iter(added)) if len(added) == 1 else None)
        return len(added)

    def records(self, *, subject: str | None = None, client_id: str | None = None) -> Iterator[TokenRecord]:
        """Give all records of a user, an application or both, the oldest first."""
        with self._lock:
            chosen = self._of(subject, client_id)
        return iter(sorted(chosen, key=lambda record: (record.issued_at, record.digest)))

    def find_by_id(self, hex_prefix: str) -> list[TokenRecord]:
        """Give the records whose digest begins like this."""
        with self._lock:
            records = list(self._records.values())
        found = (record for record in records if record.digest.hex().startswith(hex_prefix.lower()))
        return sorted(found, key=lambda record: record.digest)

    def revoke_all(self, *, subject: str | None = None, client_id: str | None = None) -> int:
        """Revoke every token of a user, an application or both; how many it was."""
        if subject is None and client_id is None:
            raise ConfigurationError("name whose tokens to revoke: subject=, client_id= or both")
        with self._lock:
            count = self._revoke(self._of(subject, client_id))
        self._listeners.tell(None)
        return count

    def purge(self, *, before: float) -> int:
        """Forget what expired or was revoked before this instant; how many it was."""
        with self._lock:
            ended = [digest for digest, record in self._records.items() if _has_ended(record, before)]
            for digest in ended:
                del self._records[digest]
                self._uses.pop(digest, None)
        self._listeners.tell(None)
        return len(ended)

    def count(self) -> int:
        """Give the number of records."""
        return len(self._records)

    def pages(self, *, limit: int = PAGE_RECORDS) -> Iterator[list[TokenRecord]]:
        """Give all records, some at a time, in no order."""
        with self._lock:
            digests = list(self._records)
        for at in range(0, len(digests), limit):
            yield list(self.find_many(digests[at : at + limit]).values())

    def find_many(self, digests: Iterable[bytes]) -> dict[bytes, TokenRecord]:
        """Give those of these that are there, by their digests."""
        with self._lock:
            return {digest: self._records[digest] for digest in digests if digest in self._records}

    def merge(self, records: Iterable[TokenRecord]) -> None:
        """Keep all of these; one that is there with its digest gets the later of each of the instants."""
        with self._lock:
            for record in records:
                known = self._records.get(record.digest)
                self._records[record.digest] = record if known is None else merged(known, record)
        self._listeners.tell(None)

    def note_use(self, record: TokenRecord) -> None:
        """Note that a good token is used now."""
        at = self._now()
        if record.expires_at is None or at < record.expires_at:
            self.keep_uses({record.digest: at})

    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        """Keep when these tokens were last used; of two instants the later one counts."""
        with self._lock:
            for digest, at in instants.items():
                if digest in self._records:
                    self._uses[digest] = max(at, self._uses.get(digest, at))

    def last_uses(self, digests: Iterable[bytes]) -> dict[bytes, float]:
        """Give when these tokens were last used, where that is known."""
        with self._lock:
            return {digest: self._uses[digest] for digest in digests if digest in self._uses}

    def state(self) -> StoreState:
        """Say what it is."""
        return StoreState(
            name="the memory of this process",
            identity=f"memory {id(self)}",
            server="this process",
            version=None,
            newest_version=None,
            durability="nothing survives the end of the process",
            is_durable=False,
        )

    def _of(self, subject: str | None, client_id: str | None) -> list[TokenRecord]:
        return [
            record
            for record in self._records.values()
            if subject in (None, record.subject) and client_id in (None, record.client_id)
        ]

    def _revoke(self, records: Iterable[TokenRecord]) -> int:
        active = [record for record in records if record.revoked_at is None]
        for record in active:
            self._records[record.digest] = replace(record, revoked_at=self._now())
        return len(active)


def _has_ended(record: TokenRecord, before: float) -> bool:
    return any(instant is not None and instant < before for instant in (record.expires_at, record.revoked_at))
