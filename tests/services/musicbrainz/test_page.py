"""docs/services/musicbrainz.md: what it says is what happens, with its own servers and curl lines."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.docs.pages import DOCS
from tests.docs.terminal import Terminal
from tests.docs.transcript import surprises, type_page
from tests.services.musicbrainz.edges import needed


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    """Whoever copies the folder and types the page sees the page."""
    for program in ("bash", "curl", "openssl"):
        needed(program)
    shutil.copytree(
        DOCS / "services/musicbrainz", tmp_path / "musicbrainz", ignore=shutil.ignore_patterns("__pycache__")
    )
    with Terminal(tmp_path) as terminal:
        typed = type_page(DOCS / "services/musicbrainz.md", terminal, tmp_path)
    assert surprises(typed) == []
