"""A server for the length of a test: on a store of its own, which goes with it, and with a user."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bearerguard.devserver.server import DevServer
from bearerguard.devserver.settings import Settings

USER = "alice"
EMAIL = "alice@example.org"


@contextmanager
def trial(settings: Settings, *, now: Callable[[], float]) -> Iterator[DevServer]:
    """Run a server until the block ends. Raises ConfigurationError."""
    with tempfile.TemporaryDirectory(prefix="bearerguard-") as folder:
        dev = DevServer(Path(folder, "dev.db"), settings=settings, now=now)
        dev.add_user(USER, secrets.token_urlsafe(), email=EMAIL)
        with dev:
            yield dev
