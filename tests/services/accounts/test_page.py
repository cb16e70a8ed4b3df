"""docs/services/accounts.md: what it says is what happens, with its own servers and curl lines."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.docs import terminal, transcript
from tests.docs.pages import DOCS, blocks_of, prose_of
from tests.services.accounts.table import ROWS

PAGE = DOCS / "services" / "accounts.md"
FOLDER = DOCS / "services" / "accounts"
MASKS = (
    (re.compile(r"\b[0-9a-f]{24}\b"), "CLIENT"),
    (re.compile(r"whsec_[\w…-]+"), "SECRET"),
)
# The development server says where it listens in words of its own.
RUNNING = re.compile(r"(?:[Rr]unning on|issuer) +https://(?:127\.0\.0\.1|localhost):(\d+)")


@pytest.fixture(autouse=True)
def _servers_of_this_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authorization server is one of them; ids and secrets differ from run to run."""
    monkeypatch.setattr(terminal, "SERVERS", (*terminal.SERVERS, "bearerguard devserver --"))
    monkeypatch.setattr(terminal, "_RUNNING", RUNNING)
    monkeypatch.setattr(transcript, "_VARYING", (*transcript._VARYING, *MASKS))


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    """Whoever copies the folder and types the page sees the page."""
    for program in ("bash", "curl", "openssl"):
        if shutil.which(program) is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program} is not installed")
    shutil.copytree(FOLDER, tmp_path / "accounts", ignore=shutil.ignore_patterns("__pycache__"))
    with terminal.Terminal(tmp_path) as typing:
        typed = transcript.type_page(PAGE, typing, tmp_path)
    assert len(typed) > 20
    assert transcript.surprises(typed) == []


@pytest.mark.parametrize(("file", "begins"), [("holders.py", "def holder_of"), ("guard.py", "SCOPES = ")])
def test_the_page_shows_the_code_as_it_is(file: str, begins: str) -> None:
    """What is copied from the page is what runs."""
    shown = next(block.text for block in blocks_of(PAGE) if block.text.startswith(begins))
    assert shown in (FOLDER / file).read_text(encoding="utf-8")


def test_the_page_lists_every_file_of_the_service() -> None:
    """Nothing of it has to be found by chance."""
    listed = set(re.findall(r"`(\w+\.(?:py|json))`", prose_of(PAGE)))
    there = {file.name for file in FOLDER.iterdir() if file.is_file()} - {"__init__.py"}
    assert there <= listed


def test_the_page_counts_the_requests_of_the_table() -> None:
    """The number is not left behind."""
    assert f"| {len(ROWS)} requests, good and bad, to the byte |" in prose_of(PAGE)
