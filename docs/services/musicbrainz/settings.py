"""What the service is told by its environment, for the two modules that a server starts."""

from __future__ import annotations

import os
from pathlib import Path

from bearerguard.errors import ConfigurationError
from bearerguard.stores.sqlite import SqliteTokenStore
from musicbrainz.editors import read_editors

RESOURCE = os.environ.get("MUSICBRAINZ_RESOURCE", "https://musicbrainz.example")
EDITORS = read_editors(Path(os.environ.get("MUSICBRAINZ_EDITORS", "editors.json")))


def open_store() -> SqliteTokenStore:
    """Open the store that somebody else issues tokens into; there has to be one."""
    path = Path(os.environ.get("MUSICBRAINZ_STORE", "tokens.db"))
    if not path.exists():
        raise ConfigurationError(
            f"there is no file {path}: start `bearerguard devserver --store {path}` first, "
            "or issue a token into it, or name another with MUSICBRAINZ_STORE"
        )
    return SqliteTokenStore(path, create=False)
