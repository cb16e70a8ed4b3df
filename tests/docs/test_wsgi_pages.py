"""The pages of the WSGI frameworks: their files do what the pages say."""

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
from bearerguard.testing import unprotected_routes
from tests.docs.pages import DOCS, ROOT
from tests.docs.test_pages import write_files
from tests.support import Reply, bearer, call_wsgi, wsgi_environ

Load = Callable[[str, str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Import a file of a page in this process; `app` holds the store."""

    def load_file(page: str, name: str) -> ModuleType:
        write_files(DOCS / page, tmp_path)
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(name)

    yield load_file
    sys.modules.pop("werkzeug_app", None)
    sys.modules.pop("app").store.close()


def ask(module: ModuleType, one: str, *scopes: str) -> Reply:
    """Send one request with a token of these scopes, or without a token where there are none."""
    headers: list[tuple[str, str]] = []
    if scopes:
        token, record = issue(subject="alice", client_id="my-app", scopes=scopes)
        sys.modules["app"].store.add(record)
        headers = bearer(token)
    method, path = one.split(" ")
    return call_wsgi(module.app, wsgi_environ(method, path, headers=headers))


def statuses(module: ModuleType, asked: tuple[str, ...], *scopes: str) -> list[int]:
    return [ask(module, one, *scopes).status for one in asked]


def test_bare_wsgi(load: Load) -> None:
    """docs/frameworks/wsgi.md: the first file."""
    module = load("frameworks/wsgi.md", "app")
    asked = ("GET /health", "GET /me", "GET /tags")
    assert [200, 401, 401] == statuses(module, asked)
    assert [200, 200, 403] == statuses(module, asked, "tag")
    assert {"user": "alice"} == ask(module, "GET /me", "tag").json()
    assert ["rock", "jazz"] == ask(module, "GET /tags", "tag", "rating").json()


def test_werkzeug(load: Load) -> None:
    """docs/frameworks/wsgi.md: the second file."""
    module = load("frameworks/wsgi.md", "werkzeug_app")
    assert [401] == statuses(module, ("GET /tags/rock",))
    assert [403] == statuses(module, ("GET /tags/rock",), "rating")
    assert [200, 404] == statuses(module, ("GET /tags/rock", "GET /nowhere"), "admin")
    assert b"rock, for alice" == ask(module, "GET /tags/rock", "tag").body


def test_flask(load: Load) -> None:
    """docs/frameworks/flask.md."""
    module = load("frameworks/flask.md", "app")
    asked = ("GET /health", "GET /me", "GET /tags", "POST /tags", "GET /admin/users")
    assert [200, 401, 401, 401, 401] == statuses(module, asked)
    assert [200, 200, 200, 403, 403] == statuses(module, asked, "tag")
    assert [200, 200, 200, 201, 403] == statuses(module, asked, "tag", "rating")
    assert [200, 200, 200, 403, 200] == statuses(module, asked, "admin")
    assert {"user": "alice", "scopes": ["tag"]} == ask(module, "GET /me", "tag").json()
    assert [] == unprotected_routes(module.app)


ASK_DJANGO = """
from bearerguard.adapters.django import unprotected_routes
from bearerguard.stores import issue
from project.guard import store
from project.wsgi import application
from tests.support import bearer, call_wsgi, wsgi_environ

ASKED = ("GET /health", "GET /me", "GET /tags", "POST /tags", "GET /users")
for scopes in (None, ("tag",), ("tag", "rating"), ("admin",)):
    headers = []
    if scopes:
        token, record = issue(subject="alice", client_id="my-app", scopes=scopes)
        store.add(record)
        headers = bearer(token)
    for one in ASKED:
        method, path = one.split(" ")
        environ = wsgi_environ(method, path, headers=[*headers, ("Host", "localhost")], SERVER_PORT="443")
        print(call_wsgi(application, environ).status, end=" ")
    print()
print(unprotected_routes(), unprotected_routes(application))
"""


def test_django(tmp_path: Path) -> None:
    """docs/frameworks/django.md; in a process of its own, since Django has one set of settings."""
    write_files(DOCS / "frameworks/django.md", tmp_path)
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", ASK_DJANGO],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    expected = [
        "200 401 401 401 401",
        "200 200 200 403 403",
        "200 200 200 201 403",
        "200 200 200 403 200",
        "[] []",
    ]
    assert expected == [line.strip() for line in done.stdout.splitlines()], done.stderr
