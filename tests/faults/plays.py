"""Which faults are played over which servers: those of one play are met by the same worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.faults import scenes
from tests.faults.databases import MariaDB, PostgreSQL, ReplicatedMariaDB
from tests.faults.programs import folder_of, small_disk
from tests.faults.redis_server import Redis
from tests.faults.scenes import Fault
from tests.faults.sentinels import Sentinels
from tests.faults.stage import Pace, Stage, staged

Setting = Callable[[Pace], AbstractContextManager[Stage]]
SMALL_MEGABYTES = {"postgresql": 120, "mariadb": 200, "redis": 20}


@dataclass(frozen=True)
class Play:
    """A setting, and what happens there one after the other."""

    setting: Setting
    scenes: dict[str, Fault]


@contextmanager
def alone(kind: type[Any], pace: Pace, *, on_small_disk: bool = False) -> Iterator[Stage]:
    """Have one server, whose disk may be small."""
    place = partial(small_disk, kind.user, SMALL_MEGABYTES[kind.name]) if on_small_disk else nullcontext
    with folder_of(None) as logs, folder_of(kind.user) as folder, place() as disk:
        server = kind(disk or folder)
        try:
            server.start()
            with staged(server, logs, pace) as stage:
                yield stage
        finally:
            server.program.kill()


@contextmanager
def replicated(kind: type[Any], pace: Pace) -> Iterator[Stage]:
    """Have a database that acknowledges only what its replica has too."""
    with folder_of(None) as logs, folder_of(kind.user) as first, folder_of(kind.user) as second:
        primary = kind(first)
        servers = [primary]
        try:
            primary.start()
            replica = kind(second, source=primary)
            servers.append(replica)
            replica.start()
            primary.followed_by(replica)
            with staged(primary, logs, pace) as stage:
                yield stage
        finally:
            for server in servers:
                server.program.kill()


@contextmanager
def watched(pace: Pace) -> Iterator[Stage]:
    """Have a Redis with replicas, and sentinels that choose another primary; workers ask them for it."""
    with folder_of(None) as logs, folder_of(None) as folder:
        servers = Sentinels(folder)
        try:
            servers.start()
            with staged(servers, logs, pace, url=servers.url(servers.port)) as stage:
                yield stage
        finally:
            servers.kill()


def _usual(kind: type[Any]) -> list[Play]:
    return [
        Play(partial(alone, kind), scenes.SCENES),
        Play(partial(alone, kind, on_small_disk=True), {"full disk": scenes.full_disk}),
    ]


def _failover(kind: type[Any]) -> Play:
    return Play(partial(replicated, kind), {"failover": scenes.promoted_replica})


PLAYS: dict[str, list[Play]] = {
    "postgresql": [*_usual(PostgreSQL), _failover(PostgreSQL)],
    "mariadb": [*_usual(MariaDB), _failover(ReplicatedMariaDB)],
    "redis": [
        *_usual(Redis),
        Play(watched, {"failover": scenes.elected_replica, "primary frozen": scenes.frozen_primary}),
    ],
}
