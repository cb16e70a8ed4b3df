"""Read the blocks of a Markdown page: complete files, commands with their output, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCED = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# file: (\S+)\n")
_ROW = re.compile(r"^\|(.*)\|$", re.MULTILINE)
_BETWEEN_CELLS = re.compile(r" \|(?= )")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text and the line of the page on which it begins."""

    language: str
    text: str
    line: int

    @property
    def file_name(self) -> str | None:
        """What a block that is a complete file calls itself."""
        match = _FILE.match(self.text)
        return match[1] if match else None


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block, and the lines that the page shows below it."""

    text: str
    output: tuple[str, ...]
    line: int


def blocks_of(page: Path) -> list[Block]:
    """Give every fenced block of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in _FENCED.finditer(text)
    ]


def prose_of(page: Path) -> str:
    """Give a page without its fenced blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def commands_of(block: Block) -> Iterator[Command]:
    """Split a console block: `$ ` begins a command, a backslash at its end continues it."""
    lines = block.text.splitlines()
    at = 0
    while at < len(lines):
        start = at
        assert lines[at].startswith("$ "), f"line {block.line + 1 + at}: output before any command"
        while lines[at].endswith("\\"):
            at += 1
        text = "\n".join(lines[start : at + 1])[2:]
        at += 1
        output_at = at
        while at < len(lines) and not lines[at].startswith("$ "):
            at += 1
        yield Command(text, tuple(lines[output_at:at]), block.line + 1 + start)


def tables_of(text: str) -> list[list[str]]:
    """Give the cells of every row of every table, without headings' rules."""
    rows = [[cell.strip() for cell in _BETWEEN_CELLS.split(match[1])] for match in _ROW.finditer(text)]
    return [row for row in rows if not set("".join(row)) <= set("-|: ")]
