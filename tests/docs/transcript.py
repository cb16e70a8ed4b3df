"""Type a whole page and compare what happens with what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Block, Command, blocks_of, commands_of
from tests.docs.terminal import Terminal

# What differs from run to run, or from one Python to the next: replaced on both sides.
_VARYING = (
    (re.compile(r"bg_[0-9A-Za-z]{4,49}…?"), "bg_TOKEN"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"), "INSTANT"),
    (re.compile(r'("\w+_at": )\d+(\.\d+)?'), r"\1SECONDS"),
    (re.compile(r"^(HTTP/1\.\d \d{3}) .*"), r"\1"),  # the phrase of a 413 is not that of every Python
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that was typed, and what came of it."""

    command: Command
    printed: str

    @property
    def missing(self) -> list[str]:
        """The lines that the page shows and that were not printed, in their order."""
        printed = iter([_without_varying(line) for line in self.printed.splitlines()])
        return [line for line in self.command.output if _without_varying(line) not in printed]


def type_page(page: Path, terminal: Terminal, folder: Path) -> list[Typed]:
    """Write the page's files and type its commands, from its top to its end."""
    typed = []
    for block in blocks_of(page):
        write_file(block, folder)
        if block.language == "console":
            typed += [Typed(command, terminal.type(command.text)) for command in commands_of(block)]
    return typed


def write_file(block: Block, folder: Path) -> None:
    """Write a block that is a complete file."""
    if block.file_name is not None:
        (folder / block.file_name).write_text(block.text, encoding="utf-8")


def surprises(typed: list[Typed]) -> list[str]:
    """Say, command by command, what the page shows and did not happen."""
    return [
        f"line {one.command.line}: {one.command.text}\n  shown:   {one.missing[0]}\n  printed: {one.printed}"
        for one in typed
        if one.missing
    ]


def _without_varying(line: str) -> str:
    for pattern, name in _VARYING:
        line = pattern.sub(name, line)
    return line.rstrip()
