"""Connections of psycopg that wait for an answer no longer than they may, whoever is in between.

Where that is a pooler they prepare no statements: the next statement may go to another connection of the
server's, on which that name means nothing, or what another client has prepared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import waiting
from psycopg.pq import TransactionStatus


class BoundedConnection(psycopg.Connection[Any]):
    """One that gives up; `limit_seconds` is for one statement. It is closed then."""

    limit_seconds: float
    is_direct: bool
    """Whether the server itself answers, and no pooler."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server. Raises OperationalError when it took too long."""
        with _closed_when_late(self):
            return super().wait(gen, interval, self.limit_seconds if timeout is None else timeout)


class BoundedAsyncConnection(psycopg.AsyncConnection[Any]):
    """The same for an event loop; a cancelled wait ends at once, and the connection with it."""

    limit_seconds: float

    async def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        """Wait for the server. Raises OperationalError when it took too long."""
        limit_seconds = self.limit_seconds if timeout is None else timeout
        try:
            with _closed_when_late(self):
                return await waiting.wait_async(gen, self.pgconn.socket, interval, limit_seconds)
        except asyncio.CancelledError:
            # To ask the server to stop would take another connection, and its time, from a request that left.
            self.pgconn.finish()
            raise


@contextmanager
def _closed_when_late(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        if connection.pgconn.transaction_status != TransactionStatus.ACTIVE:
            raise
        # The answer is on its way yet: in the pool, the connection would fail whoever took it next.
        connection.pgconn.finish()
        raise psycopg.errors.QueryCanceled("no answer in time") from error


def connector(limit_seconds: float) -> Callable[..., BoundedConnection]:
    """Give what connects, for threads."""
    kind = cast(
        "type[BoundedConnection]", type("Connection", (BoundedConnection,), {"limit_seconds": limit_seconds})
    )

    def connect(*given: Any, **named: Any) -> BoundedConnection:
        connection = kind.connect(*given, autocommit=True, **named)
        try:
            connection.is_direct = _is_direct(connection, connection.execute(_WHO).fetchone())
        except BaseException:
            connection.pgconn.finish()
            raise
        return connection

    return connect


def async_connector(limit_seconds: float) -> Callable[..., Awaitable[BoundedAsyncConnection]]:
    """Give what connects, for event loops."""
    kind = cast(
        "type[BoundedAsyncConnection]",
        type("AsyncConnection", (BoundedAsyncConnection,), {"limit_seconds": limit_seconds}),
    )

    async def connect(*given: Any, **named: Any) -> BoundedAsyncConnection:
        connection = await kind.connect(*given, autocommit=True, **named)
        try:
            _is_direct(connection, await (await connection.execute(_WHO)).fetchone())
        except BaseException:
            connection.pgconn.finish()
            raise
        return connection

    return connect


_WHO = "SELECT pg_backend_pid()"


def _is_direct(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], answer: Any) -> bool:
    """Tell whether the process that answers is the one that we were connected to; if not, prepare nothing.

    What a client is told while it connects is for its cancel requests; a pooler makes it up.
    """
    is_direct = bool(answer == (connection.info.backend_pid,))
    if not is_direct:
        connection.prepare_threshold = None
    return is_direct
