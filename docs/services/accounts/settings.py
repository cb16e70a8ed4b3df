"""What differs from one machine to the next, read from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypedDict

from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenStore
from bearerguard.stores.sqlite import SqliteTokenStore


class Settings(TypedDict):
    store: TokenStore
    resource: str


def from_environment() -> Settings:
    """Read TOKENS, the authorization server's store, and RESOURCE, our address.

    Raises ConfigurationError when the store is not there: a service never makes one.
    """
    return {
        "store": _open(Path(os.environ.get("TOKENS", "devserver.db"))),
        "resource": os.environ.get("RESOURCE", "https://localhost:8443"),
    }


def _open(path: Path) -> SqliteTokenStore:
    if not path.exists():
        raise ConfigurationError(
            f"there is no file {path}: start `bearerguard devserver --store {path}` first, "
            "or name another with TOKENS"
        )
    return SqliteTokenStore(path, create=False)
