"""What every endpoint of the development authorization server works with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bearerguard.devserver.faults import Faults
from bearerguard.devserver.settings import Settings
from bearerguard.devserver.state.applications import Applications
from bearerguard.devserver.state.file import StateFile
from bearerguard.devserver.state.grants import Grants
from bearerguard.devserver.state.users import Users
from bearerguard.stores.sqlite import SqliteTokenStore


@dataclass(frozen=True, slots=True)
class Parts:
    """One server's settings, its state, its switches and its clock; `issuer` is its name (RFC 8414).

    `clock` is for what is written down, `monotonic` for waits: a clock that is set back must not prolong one.
    """

    issuer: str
    settings: Settings
    store: SqliteTokenStore
    applications: Applications
    users: Users
    grants: Grants
    faults: Faults = field(default_factory=Faults)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def now(self) -> float:
        """Give what this server takes for the time, in Unix seconds."""
        return self.clock() + self.faults.clock_skew_seconds


def open_parts(
    path: str | os.PathLike[str],
    *,
    issuer: str,
    settings: Settings,
    create: bool = True,
    clock: Callable[[], float] = time.time,
) -> Parts:
    """Open the file of a server, or make it. Raises ConfigurationError, Unavailable."""
    file = StateFile(path, create=create, now=clock)
    return Parts(
        issuer=issuer,
        settings=settings,
        store=file.store,
        applications=Applications(file),
        users=Users(file),
        grants=Grants(file),
        clock=clock,
    )
