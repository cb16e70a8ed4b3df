"""Say what is wrong with the file, in the words of whoever has to mend it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from bearerguard.errors import ConfigurationError, Unavailable

_WHAT_IS_WRONG = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_CORRUPT: "is corrupt: restore it from a backup",
    sqlite3.SQLITE_NOTADB: "is corrupt: restore it from a backup",
    sqlite3.SQLITE_READONLY: "is read-only for this process: readers too must be able to write to its folder",
    sqlite3.SQLITE_PERM: "may not be opened by this process",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk is full or broken",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: see the rights on the file and its folder",
    sqlite3.SQLITE_ERROR: "does not have the tables it should have: restore it from a backup",
}
_PRIMARY_CODE = 0xFF  # the rest of SQLite's code says how, which is not for a log line


def unavailable(path: Path, error: Exception) -> Unavailable:
    """Turn what SQLite, the file system or our own checks said into an outage."""
    if isinstance(error, ConfigurationError):
        return Unavailable(f"token store: {error}")
    return Unavailable(f"token store: {path} {_what_is_wrong(path, error)}")


def _what_is_wrong(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError) or not os.path.exists(path):
        return "is missing"
    if isinstance(error, OSError):
        return "cannot be reached"
    if isinstance(error, ValueError):
        return "holds a record that cannot be: restore it from a backup"
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return _WHAT_IS_WRONG.get(code & _PRIMARY_CODE, "cannot be used")
