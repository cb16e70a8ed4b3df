"""docs/proxy.md: each wrapper tells the guard about https, and each command is one that its server takes."""

from __future__ import annotations

import asyncio
import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.docs.pages import DOCS, blocks_of
from tests.docs.transcript import write_file
from tests.support import (
    HTTPS_NEEDED,
    Reply,
    asgi_scope,
    bearer,
    call_wsgi,
    drive_asgi,
    pieces,
    reply_of,
    wsgi_environ,
)

PAGE = DOCS / "proxy.md"
PROXY = "10.0.0.5"
FORWARDED = [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")]
WITHOUT_HTTPS = f'Bearer realm="example", error="invalid_request", error_description="{HTTPS_NEEDED}"'
COMMANDS = [line for block in blocks_of(PAGE) if block.language == "sh" for line in block.text.splitlines()]
ASGI = [("behind_hypercorn", "hypercorn"), ("behind_granian", "granian")]


class Files:
    """The files of the page beside those of the quickstart, and one good token."""

    def __init__(self, folder: Path) -> None:
        for block in [*blocks_of(DOCS / "quickstart.md"), *blocks_of(PAGE)]:
            write_file(block, folder)
        token, record = issue(subject="alice", scopes=("tag",))
        SqliteTokenStore(folder / "tokens.db").add(record)
        self.field = bearer(token)
        self.before = set(sys.modules)

    def load(self, name: str) -> ModuleType:
        return importlib.import_module(name)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    found = Files(tmp_path)
    yield found
    for name in set(sys.modules) - found.before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def ask(app: Any, **request: Any) -> Reply:
    scope = asgi_scope(path="/tags", scheme="http", peer=PROXY, **request)
    return reply_of(
        asyncio.run(drive_asgi(app, {"http_version": "1.1", "root_path": "", **scope}, pieces(b"")))
    )


@pytest.mark.parametrize(("name", "needed"), ASGI)
def test_behind_the_wrapper_a_forwarded_https_counts(files: Files, name: str, needed: str) -> None:
    """The token is found over what the proxy says is https."""
    pytest.importorskip(needed)
    pytest.importorskip("starlette")
    assert ask(files.load(name).app, headers=files.field + FORWARDED).status == 200


@pytest.mark.parametrize(("name", "needed"), [*ASGI, ("api_asgi", "starlette")])
def test_without_the_field_it_is_plain_http(files: Files, name: str, needed: str) -> None:
    """A proxy that says nothing has not said https (RFC 6750 section 5.3)."""
    pytest.importorskip(needed)
    pytest.importorskip("starlette")
    assert ask(files.load(name).app, headers=files.field).brief == (400, WITHOUT_HTTPS)


def test_without_a_wrapper_the_field_counts_for_nothing(files: Files) -> None:
    """Anybody can send it."""
    pytest.importorskip("starlette")
    assert ask(files.load("api_asgi").app, headers=files.field + FORWARDED).brief == (400, WITHOUT_HTTPS)


def test_behind_werkzeug_s_wrapper_a_forwarded_https_counts(files: Files) -> None:
    """The same for WSGI."""
    pytest.importorskip("flask")
    app = files.load("behind_werkzeug").app
    environ = wsgi_environ(path="/tags", scheme="http", peer=PROXY, headers=files.field + FORWARDED)
    assert call_wsgi(app, {**environ, "SERVER_PORT": "80"}).status == 200


def test_inside_of_cors_a_refusal_can_be_read(files: Files) -> None:
    """CORSMiddleware outside adds its fields to the guard's answers too."""
    pytest.importorskip("starlette")
    reply = ask(files.load("cors").app, headers=[("Origin", "https://app.example.org")])
    assert (reply.status, reply.all("access-control-allow-origin")) == (400, ["https://app.example.org"])


def test_inside_of_cors_a_preflight_passes(files: Files) -> None:
    """Browsers send no token with one."""
    pytest.importorskip("starlette")
    asked = [
        ("Origin", "https://app.example.org"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "authorization"),
    ]
    assert ask(files.load("cors").app, method="OPTIONS", headers=asked).status == 200


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_knows_every_option_that_the_page_gives_it(command: str) -> None:
    """The commands are those of the installed versions."""
    program, *arguments = shlex.split(command)
    pytest.importorskip(program)
    tool = Path(sys.executable).with_name(program)
    if not tool.exists():
        pytest.skip(f"{program} is not installed beside this Python")
    helped = subprocess.run([tool, "--help"], capture_output=True, text=True, check=True).stdout
    options = {one.partition("=")[0] for one in arguments if one.startswith("--")}
    assert options <= set(re.findall(r"--[a-z-]+", helped))
