"""How a token file tells what other processes have changed: its counter is looked at often.

A look takes some 5 us, as `PRAGMA data_version` does, which says less: it also changes with every new token.
"""

from __future__ import annotations

from pathlib import Path

from bearerguard.errors import Unavailable
from bearerguard.stores._counted import Counted
from bearerguard.stores._row_triggers import CHANGES, COUNTER, SQLITE_NAMES, sqlite_triggers
from bearerguard.stores._sqlite.reader import Reader

# On a thread of its own, so that a look may wait for who has locked the whole file; a fork waits for it.
LOOK_TIMEOUT_SECONDS = 0.5
_CURE = "run `bearerguard store upgrade`"

_NUMBER = f"SELECT number FROM {COUNTER}"  # noqa: S608 - constants only
_CHANGES = f"SELECT number, digest FROM {CHANGES} WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608


class FileSource(Counted):
    """What one file tells; another one in its place is a gap."""

    def __init__(self, path: Path) -> None:
        self._reader = Reader(path, timeout_seconds=LOOK_TIMEOUT_SECONDS)
        self._path = path
        self._file: tuple[int, ...] | None = None

    def open(self) -> None:
        self.begin()
        self._file = self._reader.file
        if not {name for (name,) in self._reader.rows(sqlite_triggers("tokens"))} >= SQLITE_NAMES:
            raise Unavailable(f"token store: the triggers of {self._path} are missing: {_CURE}")

    def close(self) -> None:
        self._reader.close()

    def number(self) -> int:
        rows = self._reader.rows(_NUMBER)
        if self._file not in (None, self._reader.file):
            raise Unavailable(f"token store: {self._path} is another file than before")
        if not rows:
            raise Unavailable(f"token store: the counter of changes in {self._path} is empty: {_CURE}")
        return int(rows[0][0])

    def changes_after(self, number: int, limit: int) -> list[tuple[int, bytes]]:
        return self._reader.rows(_CHANGES, (number, limit))
