"""How Redis tells of what is revoked: it is published where the record is, by the script that changes it.

one server    a connection that listens, and one to ask whether it is the primary
sentinels     the same to the primary that they name, and at every proof they are asked again
a cluster     the same to every primary: a node passes on what is published to the others some time later, or
              never where it cannot reach them, so only what it is told itself can be proved
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from typing import Any

from redis.cluster import ClusterNode
from redis.utils import str_if_bytes

from bearerguard.errors import Unavailable
from bearerguard.stores import DIGEST_BYTES
from bearerguard.stores._redis.blocking import Blocking
from bearerguard.stores._redis.errors import FAILURES, unavailable
from bearerguard.stores._redis.places import Place

_Node: Any = ClusterNode
Check = Callable[["Listening"], bool]


class Published:
    """A source (`bearerguard.stores.feed`): what is published on one channel."""

    def __init__(self, place: Place, channel: bytes, *, timeout_seconds: float) -> None:
        self._place = place
        self._channel = channel
        self._timeout_seconds = timeout_seconds
        self._blocking: Blocking | None = None
        self._listening: list[Listening] = []
        self._selector: BaseSelector | None = None
        self._proofs = count()

    def open(self) -> None:
        with self._watched():
            # One connection of each server listens, one asks.
            self._blocking = Blocking(self._place, size=1, timeout_seconds=self._timeout_seconds)
            self._selector = DefaultSelector()
            for client in self._primaries(self._blocking.client):
                one = Listening(client, self._channel)
                self._listening.append(one)
                self._selector.register(one, EVENT_READ, one)

    def wait(self, seconds: float) -> Iterable[bytes | None]:
        until = time.monotonic() + seconds
        with self._watched():
            while (left_seconds := until - time.monotonic()) > 0:
                arrived = [one for one in self._listening if one.has_arrived()]
                if not arrived and not (self._selector and self._selector.select(left_seconds)):
                    return
                for one in arrived:
                    yield from one.next()

    def prove(self) -> Iterable[bytes | None]:
        # First who they are: what is heard from then on is heard from the primaries.
        text = b"%d" % next(self._proofs)
        with self._watched():
            self._check()
            for one in self._listening:
                one.ask(text)
            for one in self._listening:
                yield from one.until(text)

    def close(self) -> None:
        blocking, self._blocking = self._blocking, None
        selector, self._selector = self._selector, None
        if selector is not None:
            selector.close()
        with suppress(*FAILURES):
            for one in self._listening:
                one.close()
            if blocking is not None:
                blocking.close()

    def _primaries(self, client: Any) -> list[Any]:
        if self._place.kind != "cluster":
            return [client]
        return [client.get_redis_connection(node) for node in client.get_primaries()]

    def _check(self) -> None:
        for one in self._listening:
            if not one.is_primary():
                raise Unavailable(f"token store: {self._place.name} is a replica, which hears late or never")
        if not self._is_current():
            raise Unavailable(f"token store: {self._place.name} has another primary than before")

    def _is_current(self) -> bool:
        """Tell whether these are still all of the primaries."""
        addresses = {one.address for one in self._listening}
        if self._place.kind == "sentinel":
            return addresses == {self._listening[0].client.connection_pool.get_master_address()}
        # A node that is cut off goes on with an old map, so what a single one says proves nothing.
        return self._place.kind == "single" or all(addresses == one.primaries() for one in self._listening)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise unavailable(self._place.name, error) from error


class Listening:
    """One server, and the connection to it that listens."""

    def __init__(self, client: Any, channel: bytes) -> None:
        self.client = client
        self._connection = client.connection_pool.get_connection()
        self.address: tuple[str, int] = self._address()
        self._connection.send_command("SUBSCRIBE", channel)
        self._connection.read_response()  # from now on nothing is missed

    def fileno(self) -> int:
        """Name the socket, for who waits for several."""
        number: int = self._connection._sock.fileno()
        return number

    def has_arrived(self) -> bool:
        """Tell whether there is something to read."""
        return bool(self._connection.can_read(0))

    def next(self) -> Iterable[bytes | None]:
        """Read the next answer, and give what it tells."""
        return _told(self._connection.read_response())

    def ask(self, text: bytes) -> None:
        """Ask for this text."""
        self._connection.send_command("PING", text)

    def until(self, text: bytes) -> Iterable[bytes | None]:
        """Read until it comes back, and give what was told before."""
        while (answer := self._connection.read_response()) != [b"pong", text]:
            yield from _told(answer)

    def is_primary(self) -> bool:
        """Ask what it takes itself for."""
        return bool(self.client.info("replication")["role"] == "master")

    def primaries(self) -> set[tuple[str, int]]:
        """Ask it for all primaries of its cluster."""
        slots = self.client.execute_command("CLUSTER SLOTS")
        # Each is: first, last, primary, replicas. A primary without a name is the one that was asked.
        found = ((str_if_bytes(primary[0]) or self.address[0], primary[1]) for _, _, primary, *_ in slots)
        nodes = (_Node(host, port) for host, port in found)  # `localhost` has become a number in both places
        return {(node.host, node.port) for node in nodes}

    def close(self) -> None:
        """End the connection."""
        self._connection.disconnect()

    def _address(self) -> tuple[str, int]:
        # A socket in the file system has neither.
        return getattr(self._connection, "host", ""), getattr(self._connection, "port", 0)


def _told(answer: Any) -> Iterable[bytes | None]:
    if answer[0] != b"message":
        return ()
    # Of what is no digest nobody can tell what it is about.
    return (answer[2] if len(answer[2]) == DIGEST_BYTES else None,)
