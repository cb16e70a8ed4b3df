"""docs/devserver.md: its commands print what is shown, its tests pass, and its sentences are the server's."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bearerguard.cli.devserving import ABOUT, GUARD
from bearerguard.devserver import DevServer
from bearerguard.devserver.pages.failures import SENTENCES
from tests.docs.pages import DOCS, ROOT, blocks_of, prose_of
from tests.docs.terminal import Terminal
from tests.docs.transcript import surprises, type_page, write_file

PAGE = DOCS / "devserver.md"
PAGE_ORIGIN = "localhost:9443"


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    """Whoever types the page, with the server beside it, sees the page."""
    for program in ("bash", "curl", "awk"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    with DevServer(tmp_path / "devserver.db") as dev:
        # The page's port may be taken on this machine.
        page = tmp_path / "devserver.md"
        origin = urlsplit(dev.issuer).netloc
        page.write_text(PAGE.read_text(encoding="utf-8").replace(PAGE_ORIGIN, origin), encoding="utf-8")
        with Terminal(tmp_path) as terminal:
            assert surprises(type_page(page, terminal, tmp_path)) == []


def test_the_page_shows_all_that_the_server_says_at_its_start() -> None:
    """From the first line to the last."""
    shown = next(block.text for block in blocks_of(PAGE) if block.text.startswith("An authorization server"))
    about = ABOUT.format(
        issuer=f"https://{PAGE_ORIGIN}",
        ca_file="/home/you/devserver.db.ca.pem",
        store="/home/you/devserver.db",
    )
    user = "  user          alice, password 23idzYEAA8pm (not shown again)"
    assert f"{about}\n{user}\n{GUARD.format(store='devserver.db')}\n" == shown


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    """With the plugin by name, where it may not be installed."""
    for block in blocks_of(PAGE):
        write_file(block, tmp_path)
    plugins = ["-p", "bearerguard.testing_pytest", "-p", "no:bearerguard", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", *plugins, "-c", "/dev/null"),
            *(f"--rootdir={tmp_path}", "-o", f"pythonpath={ROOT}", str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout


def test_every_sentence_of_the_page_is_one_of_the_server_s() -> None:
    """Whoever looks for an answer's words finds them."""
    section = prose_of(PAGE).split("\n## Errors\n")[1].split("\n## ")[0]
    sentences = re.findall(r"`([A-Z][^`]+)`", section)
    said = texts_of_the_server()
    begun = [text for text in said if text.endswith(": ")]
    assert sentences
    assert [] == [one for one in sentences if one not in said and not one.startswith(tuple(begun))]


def texts_of_the_server() -> set[str]:
    """Every text in the server's code; of one that is put together, its beginning."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "bearerguard/devserver").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    told = {f"{title}. {description}" for _, title, description in SENTENCES.values()}  # as programs read it
    return told | {node.value for node in nodes if isinstance(node.value, str)}
