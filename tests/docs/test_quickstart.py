"""docs/quickstart.md: what it says is what happens, with its own files, servers and curl lines."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass

import pytest

from tests.docs.pages import DOCS
from tests.docs.terminal import Terminal
from tests.docs.transcript import Typed, surprises, type_page

TOKEN = re.compile(r"bg_[0-9A-Za-z]{49}")


@dataclass(frozen=True, slots=True)
class Run:
    """The whole page, typed once."""

    typed: list[Typed]
    logs: dict[str, str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    for module in ("starlette", "flask", "uvicorn"):
        pytest.importorskip(module)
    for program in ("bash", "curl", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("quickstart")
    with Terminal(folder) as terminal:
        typed = type_page(DOCS / "quickstart.md", terminal, folder)
        servers = terminal.servers
    return Run(typed, {server.name: server.log for server in servers})


def test_every_command_prints_what_the_page_shows(run: Run) -> None:
    """Whoever types the page sees the page."""
    assert surprises(run.typed) == []


def test_the_page_shows_each_status_of_the_guard(run: Run) -> None:
    """Each refusal is made on purpose; 408 alone needs a client that is slow."""
    printed = "\n".join(one.printed for one in run.typed)
    shown = set(re.findall(r"(?m)^(?:HTTP/1\.1 )?(\d{3})\b", printed))
    assert {"400", "401", "403", "413", "503"} <= shown


def test_a_query_token_is_not_in_the_asgi_server_s_log(run: Run) -> None:
    """The access line has the query without the token (RFC 6750 section 5.3)."""
    assert '"GET /tags?page=2 HTTP/1.1" 200' in run.logs["uvicorn api_asgi:app --port 8000"]
    assert TOKEN.findall(run.logs["uvicorn api_asgi:app --port 8000"]) == []


def test_flask_s_development_server_logs_a_query_token(run: Run) -> None:
    """The page warns of it; when this fails, the warning can go."""
    assert len(TOKEN.findall(run.logs["flask --app api_wsgi run --port 5000"])) == 1


def test_no_command_prints_a_token(run: Run) -> None:
    """Tokens go into variables, so that nothing on a screen has to be kept secret."""
    assert [one.command.text for one in run.typed if TOKEN.search(one.printed)] == []
