"""docs/security.md: which servers' access lines have a query token in them, and which have not."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from bearerguard.stores import issue
from bearerguard.stores.sqlite import SqliteTokenStore
from tests.docs.pages import DOCS, blocks_of
from tests.docs.terminal import Server, environment_of
from tests.docs.transcript import write_file

GUNICORN = "gunicorn -b 127.0.0.1:0 --no-control-socket --access-logfile -"
HYPERCORN = "hypercorn -b 127.0.0.1:0 --access-logfile - --access-logformat %(R)s"
WITHOUT = [
    "uvicorn api_asgi:app --port 8000",
    f"{GUNICORN} api_wsgi:app",
    f"{GUNICORN} -k gthread api_wsgi:app",
    f"{HYPERCORN} api_asgi:app",
]
WITH = [
    f"{GUNICORN} -k asgi api_asgi:app",
    f"{HYPERCORN} behind_hypercorn:app",
    "flask --app api_wsgi run --port 5000",
]


def logged(command: str, folder: Path) -> tuple[bool, bool]:
    """Send a query token; whether the request and whether the token are in the server's log."""
    for module in ("starlette", "flask", command.partition(" ")[0]):
        pytest.importorskip(module)
    for block in [*blocks_of(DOCS / "quickstart.md"), *blocks_of(DOCS / "proxy.md")]:
        if block.file_name != "gunicorn.conf.py":  # gunicorn would read it
            write_file(block, folder)
    token, record = issue(subject="alice", scopes=("tag",))
    SqliteTokenStore(folder / "tokens.db").add(record)
    program, _, arguments = command.partition(" ")
    server = Server(f"{sys.executable} -m {program} {arguments}", folder, environment_of(folder))
    try:
        with urlopen(
            f"http://127.0.0.1:{server.port}/tags?page=2&access_token={token}", timeout=30
        ) as answer:
            assert answer.status == 200
    finally:
        server.stop()
    return "GET /tags?page=2" in server.log, token in server.log


@pytest.mark.parametrize("command", WITHOUT)
def test_an_access_line_without_the_token(command: str, tmp_path: Path) -> None:
    """The guard takes the parameter out before the server writes its line (RFC 6750 section 5.3)."""
    assert logged(command, tmp_path) == (True, False)


@pytest.mark.parametrize("command", WITH)
def test_an_access_line_with_the_token(command: str, tmp_path: Path) -> None:
    """The page warns of these; when one fails, its warning can go."""
    assert logged(command, tmp_path) == (True, True)
