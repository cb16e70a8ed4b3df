"""Use no file that another user of this machine could have put there, and no key that others can read."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from bearerguard.errors import ConfigurationError

OTHERS = stat.S_IRWXG | stat.S_IRWXO  # every right of the group and of everybody else


def check_owner(path: Path, status: os.stat_result) -> None:
    """Refuse a file of another user. Raises ConfigurationError. Does not: know owners on Windows."""
    if sys.platform != "win32" and status.st_uid != os.geteuid():
        raise ConfigurationError(
            f"{path} belongs to another user, who could read and change it: "
            "run this as its owner, or name the store another way"
        )


def check_private(path: Path, status: os.stat_result) -> None:
    """Refuse a file that is open to others than its owner. Raises ConfigurationError."""
    if sys.platform != "win32" and status.st_mode & OTHERS:
        raise ConfigurationError(
            f"{path} holds a key and is open to other users: "
            "delete it, and the next start makes another, or let only its owner read it (chmod 600)"
        )
