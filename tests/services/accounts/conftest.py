"""The service "accounts" on both edges, on real servers with real TLS, and who issues tokens for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bearerguard.devserver import DevServer, Registered, Settings
from tests.docs.pages import DOCS

if str(DOCS / "services") not in sys.path:
    sys.path.insert(0, str(DOCS / "services"))

from tests.services.accounts.edges import NAMES, Edge, run_edges

PASSWORD = "a long password"
Token = Callable[..., str]


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accounts")


@pytest.fixture(scope="package")
def dev(folder: Path) -> Iterator[DevServer]:
    """The authorization server, whose store both edges read."""
    scopes = json.loads((DOCS / "services" / "accounts" / "scopes.json").read_text(encoding="utf-8"))
    with DevServer(folder / "devserver.db", settings=Settings(scopes=scopes)) as dev:
        dev.add_user("alice", PASSWORD)
        yield dev


@pytest.fixture
def robot(dev: DevServer) -> Registered:
    """An application that was registered just now: it has no account anywhere yet."""
    return dev.register("Parcel robot", redirect_uris=["https://robot.example.org/callback"])


@pytest.fixture(scope="package")
def token(dev: DevServer) -> Token:
    """Give a token without a flow: `token("account:read", client_id="robot", user=None)`."""

    def give(scopes: str, *, client_id: str, user: str | None = None) -> str:
        return dev.token(subject=user, client_id=client_id, scopes=scopes.split())

    return give


@pytest.fixture(scope="package")
def edges(dev: DevServer, folder: Path) -> Iterator[dict[str, Edge]]:
    with ExitStack() as stack:
        yield run_edges(dev.store, folder, stack)


@pytest.fixture(params=NAMES)
def edge(edges: dict[str, Edge], request: pytest.FixtureRequest) -> Edge:
    found: Edge = edges[request.param]
    return found
