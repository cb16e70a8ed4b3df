"""What the options of `bearerguard devserver` take: a port, and a file that says which scopes there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from bearerguard.cli.devserver_options import extra
from bearerguard.errors import ConfigurationError
from bearerguard.wire.json import parse_object

MAX_PORT = 65_535
EXAMPLE = '{"tag": "See your tags"}'


def port(text: str | int) -> int:
    """A port to listen on."""
    digits = str(text)
    if (
        not (digits.isascii() and digits.isdigit())
        or len(digits) > len(str(MAX_PORT))
        or int(digits) > MAX_PORT
    ):
        raise click.BadParameter(f"a port is a number from 0, which takes any free one, to {MAX_PORT:,}")
    return int(digits)


def scopes_file(name: str) -> Mapping[str, str]:
    """A JSON file with each scope and its description; what is wrong with it is said with its name."""
    try:
        text = Path(name).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"{name} cannot be read: {error.strerror}") from error
    try:
        scopes = parse_object(text)
    except ValueError as error:
        raise click.BadParameter(f"{name}{_place(text)}: {error}") from error
    if not scopes:
        raise click.BadParameter(f"{name} has no scope in it: map each to its description, {EXAMPLE}")
    with extra():
        from bearerguard.devserver import Settings
    try:
        return Settings(scopes=scopes).scopes
    except ConfigurationError as error:
        raise click.BadParameter(f"{name}: {error}") from error


def _place(text: bytes) -> str:
    """Say at which line a text stops being JSON; of other faults there is none that Python tells."""
    try:
        json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        return f", line {error.lineno}"
    except _Repeated as error:
        return f", {error}"
    except (ValueError, RecursionError):
        pass
    return ""


class _Repeated(ValueError):
    """A member's name, in quotes."""


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in members:
        if name in found:
            raise _Repeated(json.dumps(name))
        found[name] = value
    return found
