"""What differs from one machine to the next, read from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypedDict

from bearerguard.errors import ConfigurationError
from bearerguard.stores import TokenStore
from bearerguard.stores.sqlite import SqliteTokenStore
from spotify.limits import REQUESTS_PER_WINDOW


class Settings(TypedDict):
    store: TokenStore
    resource: str
    requests_per_window: int


def from_environment() -> Settings:
    """Read TOKENS, the authorization server's store; RESOURCE, our address; REQUESTS_PER_WINDOW.

    Raises ConfigurationError when the store is not there: a service never makes one.
    """
    return {
        "store": _open(Path(os.environ.get("TOKENS", "tokens.db"))),
        "resource": os.environ.get("RESOURCE", "https://localhost:8443"),
        "requests_per_window": int(os.environ.get("REQUESTS_PER_WINDOW", REQUESTS_PER_WINDOW)),
    }


def _open(path: Path) -> SqliteTokenStore:
    if not path.exists():
        raise ConfigurationError(
            f"there is no file {path}: start `bearerguard devserver --store {path}` first, "
            "or issue a token into it, or name another with TOKENS"
        )
    return SqliteTokenStore(path, create=False)
