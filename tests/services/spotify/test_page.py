"""docs/services/spotify.md: what it says is what happens."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest

from bearerguard.devserver import DevServer
from tests.docs.pages import DOCS, blocks_of, prose_of, tables_of
from tests.docs.terminal import Terminal
from tests.docs.transcript import surprises, type_page
from tests.servers.running import free_port
from tests.services.spotify.serving import SERVICES, Edge
from tests.services.spotify.table import ROWS

PAGE = DOCS / "services" / "spotify.md"
FOLDER = SERVICES / "spotify"


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    """Whoever types the page sees the page."""
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not installed")
    shutil.copytree(FOLDER, tmp_path / "spotify")
    with Terminal(tmp_path) as terminal:
        typed = type_page(PAGE, terminal, tmp_path)
    assert len(typed) > 10
    assert surprises(typed) == []


def test_the_page_shows_render_refusal_as_it_is() -> None:
    """What is copied from the page is what runs."""
    shown = next(block.text for block in blocks_of(PAGE) if "def render_refusal" in block.text)
    assert shown in (FOLDER / "refusals.py").read_text(encoding="utf-8")


def test_there_are_twenty_scopes_and_the_page_names_those_that_open_nothing() -> None:
    """Every scope is asked for by the service's code, or the page says that none is."""
    scopes = json.loads((FOLDER / "scopes.json").read_text(encoding="utf-8"))
    code = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.py"))
    asked = {scope for scope in scopes if f'"{scope}"' in code}
    unused = next(line for line in prose_of(PAGE).split("\n- ") if "open no route here" in line)
    assert len(scopes) == 20
    assert set(scopes) - asked == set(re.findall(r"`([a-z-]+)`", unused))


def test_the_page_lists_every_file_of_the_service() -> None:
    """Nothing of it has to be found by chance."""
    listed = set(re.findall(r"`(\w+\.(?:py|json))`", prose_of(PAGE)))
    there = {file.name for file in FOLDER.iterdir() if file.is_file()} - {"__init__.py"}
    assert there <= listed


def test_the_page_counts_the_requests_of_the_table() -> None:
    """The number is not left behind."""
    assert f"| {len(ROWS)} requests, good and bad |" in prose_of(PAGE)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # spotipy leaves its little server open
def test_the_page_s_program_runs_as_it_stands(
    accounts: DevServer,
    trusting: None,
    service: Edge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A browser opens, alice says yes, and spotipy's own little server gets the code."""
    redirect = f"http://127.0.0.1:{free_port()}/"
    application = accounts.register("Player", redirect_uris=[redirect])
    program = next(block.text for block in blocks_of(PAGE) if "SpotifyOAuth" in block.text)
    for shown, real in (
        ("https://localhost:9443", accounts.issuer),
        ("https://localhost:8443", service.resource),
        ("http://127.0.0.1:9000/", redirect),
    ):
        assert shown in program
        program = program.replace(shown, real)
    browsing: list[Thread] = []

    def browse(url: str) -> None:
        browsing.append(Thread(target=urlopen, args=[accounts.approve(url, user="alice")]))
        browsing[0].start()

    monkeypatch.setattr("webbrowser.open", browse)
    monkeypatch.chdir(tmp_path)  # spotipy keeps what it gets in a file
    exec(program, {"client_id": application.client_id, "client_secret": application.client_secret})  # noqa: S102
    browsing[0].join()
    assert "'id': 'alice'" in capsys.readouterr().out


def test_the_page_s_table_has_the_four_flows() -> None:
    """What the tests above show is what the page says."""
    rows = tables_of(prose_of(PAGE))
    flows = {row[0]: row[1:4] for row in rows if re.search("code|credentials|grant", row[0].lower())}
    assert flows == {
        "Authorization code": ["yes", "yes", "yes"],
        "Authorization code with PKCE": ["yes", "no", "yes"],
        "Client credentials": ["no", "yes", "no"],
        "Implicit grant": ["yes", "no", "no"],
    }
