"""Options that several commands have, and how their text becomes a value."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from bearerguard.stores import TokenAdministration, TokenRecord
from bearerguard.stores.sqlite import SqliteTokenStore
from bearerguard.wire.scope import parse_scopes

F = TypeVar("F", bound=Callable[..., Any])

SHORTEST_ID = 8  # hexadecimal digits: shorter ones are typing errors rather than names
LONGEST_ID = 64
MAX_TOKEN_CHARACTERS = 65_536  # whatever is longer was piped in by mistake

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}

store_option = click.option(
    "--store",
    "path",
    envvar="BEARERGUARD_STORE",
    default="tokens.db",
    show_default=True,
    show_envvar=True,
    type=click.Path(dir_okay=False),
    help="The file that holds the tokens.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
user_option = click.option("--user", "subject", help="The user the token speaks for.")
client_option = click.option("--client", "client_id", help="The application that holds the token.")


class Duration(click.ParamType):
    """A number and a unit: 45s, 30m, 12h, 90d, 2w."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]{1,9})([smhdw])", value)
        if match is None:
            self.fail("give a whole number and a unit: 45s, 30m, 12h, 90d or 2w", param, ctx)
        return float(int(match[1]) * _UNIT_SECONDS[match[2]])


class TokenId(click.ParamType):
    """The beginning of a token's SHA-256 in hexadecimal, or `-` for the token on standard input."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        # Not repeated in the message: it may be a token, put here by mistake.
        if value != "-" and re.fullmatch(r"[0-9a-fA-F]{%d,%d}" % (SHORTEST_ID, LONGEST_ID), value) is None:
            self.fail(
                f"an ID is {SHORTEST_ID} to {LONGEST_ID} hexadecimal digits, as list shows them", param, ctx
            )
        return str(value).lower()


def scopes_of(values: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names in `--scope "tag rating" --scope profile`. Raises UsageError."""
    try:
        return tuple(name for value in values for name in parse_scopes(value))
    except ValueError as error:
        raise click.BadParameter(f"{error}", param_hint="'--scope'") from error


def open_store(path: str, *, create: bool = False) -> SqliteTokenStore:
    """Open the store; only who adds tokens may create it."""
    return SqliteTokenStore(path, create=create)


def the_one(store: TokenAdministration, token_id: str) -> TokenRecord:
    """Find the only token whose ID begins like this. Raises UsageError."""
    found = store.find_by_id(token_id)
    if len(found) > 1:
        raise click.ClickException(f"{len(found)} tokens have an ID that begins like this: give more digits")
    if not found:
        raise click.ClickException("no token has such an ID")
    return found[0]


def read_token() -> str:
    """Read a token from standard input, where neither the history nor a process list shows it."""
    if sys.stdin.isatty():
        return str(click.prompt("Token", hide_input=True, err=True))
    token = sys.stdin.read(MAX_TOKEN_CHARACTERS).strip("\r\n")
    if not token:
        raise click.UsageError("no token on standard input")
    return token
