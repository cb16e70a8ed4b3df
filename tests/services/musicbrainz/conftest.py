"""The service "musicbrainz" on both edges, on real servers with real TLS, and who issues tokens for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bearerguard.devserver import MUSICBRAINZ_SCOPES, DevServer, Settings
from tests.docs.pages import DOCS

if str(DOCS / "services") not in sys.path:
    sys.path.insert(0, str(DOCS / "services"))

from tests.services.musicbrainz.edges import NAMES, PASSWORD, Edge, Tokens, run_edges


@pytest.fixture(scope="package")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """The authorization server, whose store both edges read."""
    folder = tmp_path_factory.mktemp("devserver")
    with DevServer(folder / "tokens.db", settings=Settings(scopes=MUSICBRAINZ_SCOPES)) as dev:
        dev.add_user("alice", PASSWORD, email="alice@example.org")
        yield dev


@pytest.fixture(scope="package")
def tokens(dev: DevServer) -> Tokens:
    return Tokens(dev)


@pytest.fixture(scope="package")
def edges(dev: DevServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Edge]]:
    with ExitStack() as stack:
        yield run_edges(dev.store, tmp_path_factory.mktemp("certificates"), stack)


@pytest.fixture(params=NAMES)
def edge(edges: dict[str, Edge], request: pytest.FixtureRequest) -> Edge:
    found: Edge = edges[request.param]
    return found
