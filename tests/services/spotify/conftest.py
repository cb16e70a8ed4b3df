"""Start the authorization server and the service once for all tests of this folder, and give tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bearerguard.devserver import DevServer, Settings
from bearerguard.stores import digest_of
from tests.services.spotify.serving import SERVICES, Edge, running

Token = Callable[..., str]


@pytest.fixture(scope="session")
def spotify_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spotify")


@pytest.fixture(scope="session")
def accounts(spotify_folder: Path) -> Iterator[DevServer]:
    """The authorization server, with the service's twenty scopes, and alice."""
    scopes = json.loads((SERVICES / "spotify" / "scopes.json").read_text(encoding="utf-8"))
    settings = Settings(scopes=scopes, allow_implicit=True, default_access_type="offline")
    with DevServer(spotify_folder / "devserver.db", settings=settings) as started:
        started.add_user("alice", "a password of hers")
        yield started


@pytest.fixture(scope="session")
def token(accounts: DevServer) -> Token:
    """Give a token without a flow: `token("scope scope", user="alice", client_id="app")`."""

    def give(
        scopes: str = "", *, user: str | None = "alice", client_id: str = "app", is_revoked: bool = False
    ) -> str:
        made = accounts.token(subject=user, client_id=client_id, scopes=scopes.split())
        if is_revoked:
            accounts.store.revoke(digest_of(made))
        return made

    return give


@pytest.fixture(scope="session")
def edges(spotify_folder: Path, accounts: DevServer) -> Iterator[dict[str, Edge]]:
    with running(spotify_folder / "devserver.db", spotify_folder) as started:
        yield started


@pytest.fixture(params=["asgi", "wsgi"])
def service(request: pytest.FixtureRequest, edges: dict[str, Edge]) -> Edge:
    return edges[request.param]


@pytest.fixture
def trusting(accounts: DevServer, service: Edge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests trust both servers: by the environment, since spotipy's sessions cannot be told."""
    bundle = tmp_path / "both.pem"
    bundle.write_bytes(accounts.ca_file.read_bytes() + service.ca_file.read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    monkeypatch.setenv("NO_PROXY", "localhost")
