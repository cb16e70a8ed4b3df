"""Pages of commands and README.md: every command of a console block prints what is shown below it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
import pytest

from bearerguard.cli import main
from tests.docs.pages import DOCS, ROOT
from tests.docs.terminal import Terminal
from tests.docs.transcript import surprises, type_page

PAGES = (DOCS / "command.md", DOCS / "stores.md", ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """Whoever types the page sees the page."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    with Terminal(tmp_path) as terminal:
        assert surprises(type_page(page, terminal, tmp_path)) == []


def test_every_command_and_option_is_on_the_page() -> None:
    """The reference is complete, and names nothing that is not there."""
    text = (DOCS / "command.md").read_text(encoding="utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", text))
    assert {option for command in _commands(main) for option in _options(command)} == named


def _commands(group: click.Group) -> list[click.Command]:
    below = [one for one in group.commands.values() if isinstance(one, click.Group)]
    return [*group.commands.values(), *(one for inner in below for one in _commands(inner))]


def _options(command: click.Command) -> list[str]:
    options = [one for one in command.params if isinstance(one, click.Option)]
    return [name for option in options for name in option.opts]
