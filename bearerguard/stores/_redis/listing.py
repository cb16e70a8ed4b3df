"""What looks at many tokens: there is no index, so all keys are gone through, a page at a time (SCAN).

A set of digests for each subject would answer "revoke all of alice" at once. It is not kept: it costs two
thirds of the tokens' memory again, and in a cluster it would be in another place than they are, so that a
crash leaves the two at odds; a set that has lost a token is a revocation that is not done. Going through a
million tokens takes some ten seconds, and only people wait for it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, TypeVar

from bearerguard.errors import ConfigurationError, Unavailable
from bearerguard.stores import DIGEST_BYTES, PAGE_RECORDS, TokenRecord
from bearerguard.stores._redis.commands import KEPT_SECONDS, Command, Commands
from bearerguard.stores._redis.connections import Connections
from bearerguard.stores._redis.facts import facts_of
from bearerguard.stores._redis.holdings import holdings_of
from bearerguard.stores._redis.places import Place
from bearerguard.stores._redis.values import record_of
from bearerguard.stores._shared import SharedStore
from bearerguard.stores._state import StoreState

T = TypeVar("T")
_GLOB = b"\\*?[]^-"


class Listing(SharedStore):
    """The part of a store that people and copies work with."""

    _place: Place
    _commands: Commands
    _connections: Connections

    @abstractmethod
    def _watched(self) -> AbstractContextManager[None]: ...

    def records(self, *, subject: str | None = None, client_id: str | None = None) -> Iterator[TokenRecord]:
        """Give all records of a user, an application or both, the oldest first. Raises Unavailable.

        All keys are gone through first, and what is chosen is held in memory, to be sorted: 500 bytes each.
        """
        chosen = {one.digest: one for one in self._of(subject, client_id)}
        yield from sorted(chosen.values(), key=lambda record: (record.issued_at, record.digest))

    def find_by_id(self, hex_prefix: str) -> list[TokenRecord]:
        """Give the records whose digest begins like this. Raises Unavailable; ValueError if not hex.

        All keys are gone through, unless all 64 digits are there.
        """
        wanted = hex_prefix.lower()
        first = bytes.fromhex(wanted[: len(wanted) // 2 * 2])
        bytes.fromhex(wanted[-1:] * 2)  # the odd one is a digit too
        if len(first) >= DIGEST_BYTES:
            return sorted(self.find_many([first]).values(), key=lambda record: record.digest)
        pages = self._found(first, PAGE_RECORDS)
        found = {one.digest: one for page in pages for one in page if one.digest.hex().startswith(wanted)}
        return [found[digest] for digest in sorted(found)]

    def revoke_all(self, *, subject: str | None = None, client_id: str | None = None) -> int:
        """Revoke every token of a user, an application or both; how many it was. Raises Unavailable.

        One by one: when it fails in the middle some are revoked, and doing it again revokes the others. Does
        not: revoke what is added while it runs.
        """
        if subject is None and client_id is None:
            raise ConfigurationError("name whose tokens to revoke: subject=, client_id= or both")
        active = (one for one in self._of(subject, client_id) if one.revoked_at is None)
        count = self._changed(self._commands.revocation(one.digest) for one in active)
        self._listeners.tell(None)
        return count

    def purge(self, *, before: float) -> int:
        """Forget what expired or was revoked before this instant; how many it was. Raises Unavailable.

        Redis itself forgets what expired more than a day ago: that is not counted.
        """
        ended = (
            one
            for one in self._of(None, None)
            if any(instant is not None and instant < before for instant in (one.expires_at, one.revoked_at))
        )
        count = self._changed(self._commands.removal(one) for one in ended)
        self._listeners.tell(None)
        return count

    def count(self) -> int:
        """Give the number of records; all keys are gone through. Raises Unavailable."""
        return len({key for page in self._keys(b"", PAGE_RECORDS) for key in page})

    def pages(self, *, limit: int = PAGE_RECORDS) -> Iterator[list[TokenRecord]]:
        """Give all records, some at a time, in no order. Raises Unavailable."""
        return self._found(b"", limit)

    def find_many(self, digests: Iterable[bytes]) -> dict[bytes, TokenRecord]:
        """Give those of these that are there, by their digests. Raises Unavailable."""
        found: dict[bytes, TokenRecord] = {}
        for page in in_pages(digests, PAGE_RECORDS):
            found |= {one.digest: one for one in self._read_all(page)}
        return found

    def merge(self, records: Iterable[TokenRecord]) -> None:
        """Keep all of these; one that is there with its digest gets the later of each of the instants.

        Raises Unavailable.
        """
        self._changed(self._commands.extension(record, merges=True) for record in records)
        self._listeners.tell(None)

    def state(self) -> StoreState:
        """Say where it is, and what an acknowledged change survives. Raises Unavailable."""
        facts = self._ask(lambda client: facts_of(client, self._place))
        prefix = self._commands.prefix.decode("ascii")
        return StoreState(
            name=self._place.name,
            identity=f"redis {' '.join(facts.run_ids)} {self._place.database} {prefix}",
            server=facts.server,
            version=None,
            newest_version=None,
            durability=facts.durability,
            is_durable=facts.is_durable,
            forgets_after_seconds=KEPT_SECONDS,
        )

    def _of(self, subject: str | None, client_id: str | None) -> Iterator[TokenRecord]:
        for page in self.pages():
            for record in page:
                if subject in (None, record.subject) and client_id in (None, record.client_id):
                    yield record

    def _found(self, beginning: bytes, limit: int) -> Iterator[list[TokenRecord]]:
        for keys in self._keys(beginning, limit):
            if page := self._read_all([key[len(self._commands.prefix) :] for key in keys]):
                yield page

    def _keys(self, beginning: bytes, limit: int) -> Iterator[list[bytes]]:
        """Give the keys of tokens, some at a time, perhaps some of them twice."""
        length = len(self._commands.prefix) + DIGEST_BYTES  # another prefix may begin with this one
        before = self._ask(holdings_of)
        pattern = _escaped(self._commands.prefix + beginning) + b"*"
        scan = self._ask(lambda client: client.scan_iter(match=pattern, count=PAGE_RECORDS))
        keys = (key for key in scan if len(key) == length)
        while page := self._ask(lambda _: list(islice(keys, limit))):
            yield page
        after = self._ask(holdings_of)
        # Where to go on is known to the one server only: some keys may not have been seen.
        if after.run_ids != before.run_ids:
            raise Unavailable(f"token store: {self._place.name} was restarted or replaced while it was read")
        if after != before or after.is_moving:
            raise Unavailable(f"token store: {self._place.name} was resharded while it was read: do it again")

    def _read_all(self, digests: Sequence[bytes]) -> list[TokenRecord]:
        pairs = zip(digests, self._values(digests), strict=True)
        return [record_of(self._place.name, digest, value) for digest, value in pairs if value is not None]

    def _values(self, digests: Sequence[bytes]) -> list[bytes | None]:
        with self._watched():
            return sound(
                self._connections.blocking().values([self._commands.prefix + one for one in digests])
            )

    def _changed(self, commands: Iterable[Command]) -> int:
        count = 0
        for page in in_pages(commands, PAGE_RECORDS):
            with self._watched():
                count += sum(sound(self._connections.blocking().pipelined(page)))
        return count

    def _ask(self, ask: Callable[[Any], T]) -> T:
        with self._watched():
            blocking = self._connections.blocking()
            with blocking.turn():
                return ask(blocking.client)


def in_pages(items: Iterable[T], limit: int) -> Iterator[list[T]]:
    """Take some at a time."""
    iterator = iter(items)
    while page := list(islice(iterator, limit)):
        yield page


def sound(answers: list[Any]) -> list[Any]:
    """Give these answers. Raises the first of them that is a failure."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _escaped(text: bytes) -> bytes:
    return b"".join(b"\\" + bytes([one]) if one in _GLOB else bytes([one]) for one in text)
