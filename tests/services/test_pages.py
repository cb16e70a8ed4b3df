"""The pages of the services: what a reader types works in the terminals that he has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import terminal
from tests.docs.pages import DOCS, ROOT, Block, blocks_of, commands_of

SERVICES = ("accounts", "musicbrainz", "spotify")
SERVER = re.compile(r"(\w+=\S+ )?(uvicorn|gunicorn|flask|bearerguard devserver --)\b")
# The development server says where it listens in words of its own.
RUNNING = re.compile(r"(?:[Rr]unning on|issuer) +https://(?:127\.0\.0\.1|localhost):(\d+)")


def commands_in(block: Block) -> list[str]:
    """The commands of a block, with or without what they print."""
    if block.language == "console":
        return [command.text for command in commands_of(block)]
    return block.text.splitlines() if block.language == "sh" else []


@pytest.mark.parametrize("service", SERVICES)
def test_a_server_is_alone_in_its_block(service: str) -> None:
    """It runs until Ctrl-C: whatever was pasted with it would never run."""
    blocks = [commands_in(block) for block in blocks_of(DOCS / "services" / f"{service}.md")]
    with_servers = [commands for commands in blocks if any(SERVER.match(one) for one in commands)]
    assert with_servers
    assert [] == [commands for commands in with_servers if len(commands) != 1]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_without_its_file_names_what_makes_one(service: str, tmp_path: Path) -> None:
    """A store that `bearerguard token issue` had made would be refused by the development server."""
    (tmp_path / "editors.json").write_text("{}")
    (tmp_path / "editors.json").chmod(0o600)
    names = ("TOKENS", "MUSICBRAINZ_STORE")
    done = subprocess.run(
        [sys.executable, "-c", f"import {service}.service_wsgi"],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if name not in names},
            **dict.fromkeys(names, "devserver.db"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(DOCS / "services")]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr.splitlines()[-1]
    assert "ConfigurationError: there is no file devserver.db: start `bearerguard devserver --store " in said
    assert not (tmp_path / "devserver.db").exists()


def test_the_four_flows_are_set_up_as_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three terminals, block by block; in the last one both servers are trusted."""
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not installed")
    section = (DOCS / "services" / "spotify.md").read_text("utf-8").split("\n## The four flows\n")[1]
    page = tmp_path / "page.md"
    page.write_text(section.split("\n```python\n")[0], encoding="utf-8")
    authorization_server, service, registering = [block.text.splitlines() for block in blocks_of(page)]
    shutil.copytree(DOCS / "services" / "spotify", tmp_path / "spotify")
    monkeypatch.setattr(terminal, "SERVERS", (*terminal.SERVERS, "bearerguard devserver --"))
    monkeypatch.setattr(terminal, "_RUNNING", RUNNING)
    monkeypatch.setenv("TOKENS", "devserver.db")
    with terminal.Terminal(tmp_path) as typing:
        typing.type("python -m trustme -q -i localhost 127.0.0.1")
        typing.type(authorization_server[0] + " --port 9443")  # the default, where it may be taken
        typing.type(service[0].removeprefix("TOKENS=devserver.db "))
        said = "".join(typing.type(command) for command in registering)
        asking = "curl -s --cacert $REQUESTS_CA_BUNDLE -o /dev/null -w '%{http_code} '"
        answers = [
            typing.type(f"{asking} {url}").strip()
            for url in ("https://localhost:9443/", "https://localhost:8443/v1/me")
        ]
    assert re.search(r"^client_id +\w+\nclient_secret +\S+\n", said)
    assert "Made a new file" not in said
    assert ["200", "401"] == answers
