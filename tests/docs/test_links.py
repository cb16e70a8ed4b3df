"""Every page: what it points to is there, and what it names exists."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import bearerguard
from bearerguard.wire.local_token import SECRET_SCANNER_PATTERN, mint
from tests.docs.pages import DOCS, ROOT, blocks_of, prose_of

PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("**/*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"(?m)^#+ (.+)$")
DOTTED = re.compile(r"`(bearerguard(?:\.\w+)+)`")
A_WHOLE_TOKEN = re.compile(SECRET_SCANNER_PATTERN)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@each_page
def test_every_relative_link_and_picture_is_there(page: Path) -> None:
    """Also the heading behind a #."""
    assert [link for link in LINK.findall(prose_of(page)) if not _is_there(link, page)] == []


@each_page
def test_every_import_from_the_package_works(page: Path) -> None:
    """A name in a Python block, or in backticks with its module, is one that the package has."""
    names = [
        name for block in blocks_of(page) if block.language == "python" for name in _imported(block.text)
    ]
    assert [name for name in names + DOTTED.findall(prose_of(page)) if not _exists(name)] == []


@each_page
def test_no_page_shows_a_whole_token(page: Path) -> None:
    """Secret scanners would find it, and be right to."""
    assert A_WHOLE_TOKEN.findall(page.read_text(encoding="utf-8")) == []


def test_every_page_of_the_manual_is_in_its_index() -> None:
    """Nothing has to be found by chance."""
    listed = {(DOCS / link).resolve() for link in LINK.findall(prose_of(DOCS / "README.md"))}
    assert set(DOCS.glob("**/*.md")) - listed == {DOCS / "README.md"}


def test_the_secret_scanner_s_pattern_is_that_of_our_tokens() -> None:
    """What users give to their scanners finds what the command issues."""
    shown = [block.text.strip() for block in blocks_of(DOCS / "security.md") if block.language == "text"]
    assert SECRET_SCANNER_PATTERN in shown
    assert A_WHOLE_TOKEN.fullmatch(mint())


def _is_there(link: str, page: Path) -> bool:
    path, _, fragment = link.partition("#")
    if re.match(r"[a-z]+:", path):
        return True
    target = (page.parent / path) if path else page
    return target.exists() and (not fragment or fragment in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(prose_of(page))
    }


def _imported(text: str) -> list[str]:
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in nodes if (node.module or "").partition(".")[0] == bearerguard.__name__]
    return [f"{node.module}.{alias.name}" for node in ours for alias in node.names]


def _exists(dotted: str) -> bool:
    module, _, name = dotted.rpartition(".")
    try:
        if not module or hasattr(importlib.import_module(module), name):
            return True
        importlib.import_module(dotted)
    except ImportError:
        return False
    return True
