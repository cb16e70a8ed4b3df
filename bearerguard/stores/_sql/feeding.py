"""How databases tell of what has changed: PostgreSQL notifies, the others are looked at often.

PostgreSQL      a trigger notifies in the transaction that changes a token, whoever makes it
the others      a trigger writes the change under the next number, in the same transaction

A pooler between us and PostgreSQL may share connections: it lets us LISTEN on one of the server's, and throws
away what that is told while we ask nothing. That it listens says nothing of us. So a second connection of our
own notifies the first: whoever hears that in silence hears all.
"""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from bearerguard.errors import Unavailable
from bearerguard.stores._counted import Counted
from bearerguard.stores._sql.places import Kind, kind_of
from bearerguard.stores._sql.telling import (
    CHANNEL,
    MANY,
    POSTGRESQL_NAMES,
    POSTGRESQL_TRIGGERS,
    changes,
    counter,
    is_telling,
)

Failure = Callable[[BaseException], Unavailable]

# To it a process tells what only itself is to hear; one name for what it forks, so that a pooler that shares
# connections does not keep ever more of them.
OWN_CHANNEL = f"{CHANNEL}_{secrets.token_hex(8)}"
HEARD_SECONDS = 2.0  # for what takes milliseconds, on a busy machine more; less than copies are trusted for

_SHARED = "token store: the pooler in between shares connections, on which nobody can listen: go round it"
_NO_COUNTER = "token store: the counter of changes is empty: run `bearerguard store upgrade`"
_REPLICA = "token store: the server that answers only lets read, as a replica does, which hears late or never"
_NOT_TOLD = "token store: its triggers are missing or disabled: run `bearerguard store upgrade`"


class _OneConnection(ABC):
    """A connection of its own, whose failures are outages."""

    def __init__(
        self, engine: sa.Engine, failures: tuple[type[Exception], ...], unavailable: Failure
    ) -> None:
        self._engine = engine
        self._failures, self._unavailable = failures, unavailable
        self._connection: Any = None

    def open(self) -> None:
        with self._watched():
            self._connection = self._engine.raw_connection()
        self.begin()
        if not is_telling(kind_of(self._engine.dialect), self._rows):
            raise Unavailable(_NOT_TOLD)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*self._failures):
                connection.invalidate()

    @abstractmethod
    def begin(self) -> None:
        """Do what has to be done first on a new connection."""

    def _rows(self, statement: str, connection: Any = None) -> list[Any]:
        with self._watched():
            cursor = (connection or self._connection).cursor()
            try:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
            finally:
                cursor.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise self._unavailable(error) from error


class Notified(_OneConnection):
    """PostgreSQL's LISTEN."""

    _teller: Any = None  # the second connection

    def begin(self) -> None:
        self._rows(f"LISTEN {OWN_CHANNEL}")
        with self._watched():
            self._teller = self._engine.raw_connection()
        for _ in self._heard_of_itself():
            pass  # nothing: it does not listen to more yet, which on a shared connection would reach others
        self._rows(f"LISTEN {CHANNEL}")
        if self._connection.driver_connection.is_direct:
            self._dismiss()

    def wait(self, seconds: float) -> Iterable[bytes | None]:
        for channel, payload in self._notifications(seconds):
            if channel == CHANNEL:
                yield _digest_of(payload)

    def prove(self) -> Iterable[bytes | None]:
        # What was committed before this is on its way before the answer to this.
        found = {
            name for (name,) in self._rows(f"SELECT pg_listening_channels() UNION ALL {POSTGRESQL_TRIGGERS}")
        }
        if CHANNEL not in found:
            raise Unavailable(_SHARED)
        if not found >= POSTGRESQL_NAMES:
            raise Unavailable(_NOT_TOLD)
        yield from self.wait(0.0)
        if self._teller is not None:  # a pooler, which may begin to share connections whenever it is told to
            yield from self._heard_of_itself()

    def close(self) -> None:
        self._dismiss()
        super().close()

    def _dismiss(self) -> None:
        teller, self._teller = self._teller, None
        if teller is not None:
            with suppress(*self._failures):
                teller.invalidate()

    def _heard_of_itself(self) -> Iterator[bytes | None]:
        """Have the second connection notify; what was told until that was heard.

        Nothing may be asked meanwhile: the answer would come with what a shared connection was told.
        """
        text = secrets.token_hex(8)
        self._rows(f"NOTIFY {OWN_CHANNEL}, '{text}'", self._teller)
        until, is_heard = time.monotonic() + HEARD_SECONDS, False
        while not is_heard:
            if (left_seconds := until - time.monotonic()) <= 0:
                raise Unavailable(_SHARED)
            for channel, payload in self._notifications(left_seconds, stop_after=1):
                is_heard = is_heard or (channel, payload) == (OWN_CHANNEL, text)
                if channel == CHANNEL:
                    yield _digest_of(payload)

    def _notifications(self, seconds: float, **more: int) -> Iterator[tuple[str, str]]:
        """Give those of so many seconds, or fewer; whoever takes some of them has to take all."""
        with self._watched():
            for notification in self._connection.driver_connection.notifies(timeout=seconds, **more):
                yield notification.channel, notification.payload


class Polled(Counted, _OneConnection):
    """A look at the counter, and where it has moved at what has changed."""

    def number(self) -> int:
        # In one statement: a proxy may send each to another server.
        is_replica = "@@global.read_only" if kind_of(self._engine.dialect) == "mysql" else "0"
        rows = self._rows(f"SELECT number, {is_replica} FROM {counter.name}")  # noqa: S608 - constants
        if not rows:
            raise Unavailable(_NO_COUNTER)
        if rows[0][1] not in _NO:
            raise Unavailable(_REPLICA)
        return int(rows[0][0])

    def changes_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        return self._rows(
            f"SELECT number, digest FROM {changes.name} WHERE number > {number:d} "  # noqa: S608 - numbers
            f"ORDER BY number LIMIT {limit:d}"
        )


_NO = (0, "OFF")  # the newest MariaDB says it in words


def source_for(kind: Kind) -> type[Notified] | type[Polled]:
    """Give how this database tells."""
    return Notified if kind == "postgresql" else Polled


def _digest_of(payload: str) -> bytes | None:
    if payload == MANY:
        return None
    try:
        return bytes.fromhex(payload)
    except ValueError:
        return None  # somebody else's: what it is about cannot be told
