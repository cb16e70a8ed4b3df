"""Let one server at a time run on a file: two would differ about its issuer, its scopes and its keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bearerguard.errors import ConfigurationError

FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)  # not to where somebody else has led

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _leave(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _leave(file: int) -> None:
        # Said, not left to the closing of the file: a process that was forked meanwhile has it open too.
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def hold_alone(store: Path) -> Iterator[None]:
    """Hold a store against other servers until the block ends; a process that dies lets go of it.

    Raises ConfigurationError. Does not: stop guards and commands, which share the file as they always do.
    """
    # A file of its own, since SQLite has locks on the store; beside what a link leads to, so that two
    # names of one store are one. It stays: who removes it may remove the one that another has just taken.
    place = store.resolve()
    try:
        file = os.open(place.with_name(f"{place.name}.lock"), FLAGS, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{store} cannot be kept from other servers: its folder must be one that can be written to"
        ) from error
    try:
        _take_or_refuse(file, store)
        try:
            yield
        finally:
            _leave(file)
    finally:
        os.close(file)


def _take_or_refuse(file: int, store: Path) -> None:
    try:
        _take(file)
    except OSError as error:
        raise ConfigurationError(
            f"{store} is in use by another development server: stop that one, or name another file"
        ) from error
