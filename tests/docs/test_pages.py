"""Every complete file on any page works as it stands, and does what its page says."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.testing import unprotected_routes
from tests.docs.pages import DOCS, ROOT, blocks_of

pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

# A file that is no module by its name, such as a server's configuration, is run.
IMPORT_ALL = """
import importlib, os, runpy, sys
if "DJANGO_SETTINGS_MODULE" in os.environ:
    import django
    django.setup()
for name in sys.argv[1:]:
    stem = name.removesuffix(".py")
    if "." in stem:
        runpy.run_path(name)
    else:
        importlib.import_module(stem.replace("/", "."))
"""

Load = Callable[[str], Any]


def pages_with_files() -> list[Path]:
    return [page for page in sorted(DOCS.glob("**/*.md")) if files_of(page)]


def files_of(page: Path) -> dict[str, str]:
    python = [block for block in blocks_of(page) if block.language == "python"]
    return {name: block.text for block in python if (name := block.file_name) and name.endswith(".py")}


def write_files(page: Path, folder: Path) -> list[str]:
    """Write the files of a page beside the quickstart's, an empty store and a CA; give their names."""
    files = files_of(page)
    for name, text in {**files_of(DOCS / "quickstart.md"), **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    SqliteTokenStore(folder / "tokens.db").close()
    if any('ca_file="ca.pem"' in text for text in files.values()):
        pytest.importorskip("trustme").CA().cert_pem.write_to_path(folder / "ca.pem")
    return list(files)


@pytest.mark.parametrize("page", pages_with_files(), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_files_of_a_page_can_be_imported(page: Path, tmp_path: Path) -> None:
    """Copied into a folder, and nothing else done."""
    names = write_files(page, tmp_path)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "API_SECRET": "made up"}
    for name in names:
        if Path(name).name == "settings.py":
            environment["DJANGO_SETTINGS_MODULE"] = name.removesuffix(".py").replace("/", ".")
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import the only application file of a page in this process."""
    loaded: list[ModuleType] = []

    def load_page(page: str) -> ModuleType:
        write_files(DOCS / page, tmp_path)
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        loaded.append(importlib.import_module("app"))
        return loaded[0]

    yield load_page
    for module in loaded:
        module.store.close()
        del sys.modules[module.__name__]


def token_for(module: ModuleType, *scopes: str) -> dict[str, str]:
    """Issue a token into the page's own store; the field that carries it."""
    token, record = issue(subject="alice", client_id="my-app", scopes=scopes)
    module.store.add(record)
    return {"authorization": f"Bearer {token}"}


def client_of(module: ModuleType) -> Any:
    from starlette.testclient import TestClient

    return TestClient(module.app, base_url="https://testserver")


def statuses(module: ModuleType, headers: dict[str, str], *asked: str) -> list[int]:
    client = client_of(module)
    return [client.request(*one.split(" "), headers=headers).status_code for one in asked]


def test_bare_asgi(load: Load) -> None:
    """docs/frameworks/asgi.md."""
    module = load("frameworks/asgi.md")
    headers = token_for(module, "tag", "rating")
    assert {"user": "alice"} == client_of(module).get("/me", headers=headers).json()
    assert ["rock", "jazz"] == client_of(module).get("/tags", headers=headers).json()
    asked = ("GET /health", "GET /me", "GET /tags")
    assert [200, 401, 401] == statuses(module, {}, *asked)
    assert [200, 200, 403] == statuses(module, token_for(module, "tag"), *asked)


def test_starlette(load: Load) -> None:
    """docs/frameworks/starlette.md."""
    module = load("frameworks/starlette.md")
    asked = ("GET /health", "GET /me", "GET /tags", "POST /tags")
    assert [200, 401, 401, 401] == statuses(module, {}, *asked)
    assert [200, 200, 200, 403] == statuses(module, token_for(module, "tag"), *asked)
    headers = token_for(module, "tag", "rating")
    seen = client_of(module).get("/me", headers=headers).json()
    assert {"user": "alice", "scopes": ["rating", "tag"]} == seen
    assert {"by": "my-app"} == client_of(module).post("/tags", headers=headers).json()
    with client_of(module).websocket_connect("wss://testserver/live", headers=headers) as session:
        assert "hello alice" == session.receive_text()
    readable = client_of(module).get("/me", headers={"origin": "https://app.example.org"})
    assert "https://app.example.org" == readable.headers["access-control-allow-origin"]
    assert [] == unprotected_routes(module.app)


def test_fastapi(load: Load) -> None:
    """docs/frameworks/fastapi.md."""
    module = load("frameworks/fastapi.md")
    reads = ("GET /health", "GET /docs", "GET /me", "GET /tags")
    asked = (*reads, "POST /tags?name=x", "GET /ratings", "DELETE /tags")
    assert [200, 200, 401, 401, 401, 401, 401] == statuses(module, {}, *asked)
    headers = token_for(module, "tag")
    assert [200, 200, 200, 200, 201, 403, 403] == statuses(module, headers, *asked)
    assert [200, 200, 200, 200, 403, 200, 403] == statuses(module, token_for(module, "rating"), *asked)
    assert {"user": "alice", "client": "my-app"} == client_of(module).get("/me", headers=headers).json()
    with client_of(module).websocket_connect("wss://testserver/live", headers=headers) as session:
        assert "hello alice" == session.receive_text()
    assert ["GET /docs/oauth2-redirect", "GET /redoc"] == unprotected_routes(module.app)


def test_testing(tmp_path: Path) -> None:
    """docs/testing.md: its own tests pass."""
    write_files(DOCS / "testing.md", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", f"--rootdir={tmp_path}", "test_app.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in done.stdout
