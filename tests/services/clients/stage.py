"""One authorization server, and each service on both edges, all over TLS; clients trust one file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bearerguard.devserver import MUSICBRAINZ_SCOPES, DevServer, Settings
from tests.devserver.support import quick_folder
from tests.docs.pages import DOCS

if str(DOCS / "services") not in sys.path:
    sys.path.insert(0, str(DOCS / "services"))

from tests.services.accounts import edges as accounts
from tests.services.clients.browsing import browsing
from tests.services.clients.rows import PASSWORD, USER, Scene
from tests.services.clients.services import ACCOUNTS, MUSICBRAINZ, SERVICES, SPOTIFY
from tests.services.musicbrainz import edges as musicbrainz
from tests.services.spotify import serving as spotify

EDGES = ("asgi", "wsgi")


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs, and where."""

    dev: DevServer
    musicbrainz: Mapping[str, musicbrainz.Edge]
    accounts: Mapping[str, accounts.Edge]
    spotify: Mapping[str, spotify.Edge]
    trusted: Path
    browser: Callable[[], Any]

    def scene(self, service: str) -> Scene:
        return Scene(self.dev, SERVICES[service], self.trusted, self.browser)

    def addresses(self, service: str) -> dict[str, str]:
        """Where a service listens, by the name of the edge."""
        return {
            MUSICBRAINZ: {name: edge.url for name, edge in self.musicbrainz.items()},
            ACCOUNTS: {name: edge.url for name, edge in self.accounts.items()},
            SPOTIFY: {name: edge.resource for name, edge in self.spotify.items()},
        }[service]


@contextmanager
def set_up() -> Iterator[Stage]:
    """Start everything, and let clients that ask the environment trust it."""
    with ExitStack() as stack:
        folder = stack.enter_context(quick_folder())
        dev = stack.enter_context(_devserver(folder))
        spotify_edges = stack.enter_context(spotify.running(folder / "devserver.db", _made(folder / "s")))
        stage = Stage(
            dev,
            musicbrainz.run_edges(dev.store, _made(folder / "m"), stack),
            accounts.run_edges(dev.store, _made(folder / "a"), stack),
            spotify_edges,
            folder / "trusted.pem",
            cache(lambda: stack.enter_context(browsing(dev))),  # one for all, and none where nobody asks
        )
        _write_trusted(stage)
        _open_account(stage)
        stack.enter_context(patch.dict(os.environ, _environment(stage.trusted)))
        yield stage


@contextmanager
def _devserver(folder: Path) -> Iterator[DevServer]:
    """Start the authorization server with the scopes of all three."""
    scopes = dict(MUSICBRAINZ_SCOPES)
    for name in ("accounts", "spotify"):
        scopes |= json.loads((DOCS / "services" / name / "scopes.json").read_text(encoding="utf-8"))
    with DevServer(folder / "devserver.db", settings=Settings(scopes=scopes, allow_implicit=True)) as dev:
        dev.add_user(USER, PASSWORD)
        yield dev


def _write_trusted(stage: Stage) -> None:
    edges = (stage.musicbrainz, stage.accounts, stage.spotify)
    files = [stage.dev.ca_file, *(each["asgi"].ca_file for each in edges)]
    stage.trusted.write_bytes(b"".join(file.read_bytes() for file in files))


def _open_account(stage: Stage) -> None:
    """Give the user an account, so that reading it tells whose it is."""
    token = stage.dev.token(subject=USER, client_id="opening", scopes=["account:write"])
    for edge in stage.accounts.values():
        assert 201 == edge.send("POST /v1/account", token, {"display_name": "Bob"}).status


def _environment(trusted: Path) -> dict[str, str]:
    # requests takes its own file before that of a session; urllib and httpx know only the second name.
    return {
        "REQUESTS_CA_BUNDLE": str(trusted),
        "SSL_CERT_FILE": str(trusted),
        "NO_PROXY": "localhost,127.0.0.1",
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
