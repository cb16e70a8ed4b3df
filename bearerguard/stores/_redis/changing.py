"""What changes the tokens of a Redis."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

from bearerguard.stores import DIGEST_BYTES, PAGE_RECORDS, DuplicateToken, TokenRecord
from bearerguard.stores._redis.listing import Listing, in_pages, sound
from bearerguard.stores._redis.values import NEVER_USED, last_use_of
from bearerguard.stores._rows import instants_of


class Changing(Listing):
    """The part of a store that writes."""

    @abstractmethod
    def _translated(self) -> AbstractContextManager[None]: ...

    def add(self, record: TokenRecord) -> None:
        """Keep a record. Raises DuplicateToken, Unavailable."""
        with self._watched():
            done = self._connections.blocking().execute(*self._commands.addition(record))
        self._added(record, done)

    async def aadd(self, record: TokenRecord) -> None:
        """Do the same on an event loop."""
        with self._watched():
            done = await self._connections.awaitable().execute(*self._commands.addition(record))
        self._added(record, done)

    def revoke(self, digest: bytes) -> bool:
        """Revoke a token; True when it was this call that did. Raises Unavailable.

        A server that has no memory left for the instant forgets the token instead.
        """
        with self._watched():
            revoked = self._connections.blocking().execute(*self._commands.revocation(digest))
        self._listeners.tell(digest)
        return bool(revoked == 1)

    async def arevoke(self, digest: bytes) -> bool:
        """Do the same on an event loop."""
        with self._watched():
            revoked = await self._connections.awaitable().execute(*self._commands.revocation(digest))
        self._listeners.tell(digest)
        return bool(revoked == 1)

    def extend(self, record: TokenRecord) -> None:
        """Keep a record; one that is there with its digest gets the later `issued_at` and `expires_at`.

        Raises Unavailable.
        """
        with self._watched():
            self._connections.blocking().execute(*self._commands.extension(record, merges=False))
        self._listeners.tell(record.digest)

    async def aextend(self, record: TokenRecord) -> None:
        """Do the same on an event loop."""
        with self._watched():
            await self._connections.awaitable().execute(*self._commands.extension(record, merges=False))
        self._listeners.tell(record.digest)

    def add_many(self, records: Iterable[TokenRecord]) -> int:
        """Keep all of these or, when anything at all goes wrong, none. Raises DuplicateToken, Unavailable.

        They are written a thousand at a time, and what was written is taken back when one is there already or
        their source fails: others may see them meanwhile. Does not: take back what it has written when Redis
        goes away in the middle.
        """
        written = bytearray()  # digests: of ten million they are 320 MB
        try:
            for page in in_pages(records, PAGE_RECORDS):
                self._add_page(page, written)
        except BaseException:
            digests = (bytes(written[at : at + DIGEST_BYTES]) for at in range(0, len(written), DIGEST_BYTES))
            self._changed(self._commands.withdrawals(digests))
            raise
        self._listeners.tell(None)
        return len(written) // DIGEST_BYTES

    def keep_uses(self, instants: Mapping[bytes, float]) -> None:
        """Keep when these tokens were last used; of two instants the later one counts. Raises Unavailable.

        Does not: wait for the pause of other questions, nor begin one.
        """
        for page in in_pages(instants.items(), PAGE_RECORDS):
            with self._translated():
                commands = [self._commands.use(digest, at) for digest, at in page]
                sound(self._connections.blocking().pipelined(commands))

    def last_uses(self, digests: Iterable[bytes]) -> dict[bytes, float]:
        """Give when these tokens were last used, where that is known. Raises Unavailable."""
        found: dict[bytes, float] = {}
        for page in in_pages(digests, PAGE_RECORDS):
            values = zip(page, self._values(page), strict=True)
            used = ((digest, last_use_of(value)) for digest, value in values if value is not None)
            found |= instants_of((digest, at) for digest, at in used if at != NEVER_USED)
        return found

    def _added(self, record: TokenRecord, done: object) -> None:
        if done is None:
            raise DuplicateToken(record.digest)
        self._listeners.tell(record.digest)

    def _add_page(self, page: list[TokenRecord], written: bytearray) -> None:
        with self._watched():
            answers = self._connections.blocking().pipelined([self._commands.addition(one) for one in page])
            for record, answer in zip(page, answers, strict=True):
                if answer in (True, 1):
                    written += record.digest
            for record, answer in zip(page, answers, strict=True):
                if isinstance(answer, Exception):
                    raise answer
                if answer is None:
                    raise DuplicateToken(record.digest)
