"""Options that several commands have, and how their text becomes a value."""

from __future__ import annotations

import re
import select
import sys

import click

from bearerguard.cli.places import warned_of_password
from bearerguard.stores import TokenAdministration, TokenRecord, opening
from bearerguard.wire.scope import parse_scopes

MAX_TOKEN_BYTES = 65_536  # whatever is longer was piped in by mistake

_ID = re.compile(r"[0-9a-fA-F]{8,64}")  # shorter ones are typing errors rather than names
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}

store_option = click.option(
    "--store",
    "place",
    metavar="FILE|URL",
    envvar="BEARERGUARD_STORE",
    default="tokens.db",
    show_default=True,
    show_envvar=True,
    callback=warned_of_password,
    help="What holds the tokens: a file, or the URL of a database or of Redis.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
user_option = click.option("--user", "subject", help="The user the token speaks for.")
client_option = click.option("--client", "client_id", help="The application that holds the token.")


def duration(text: str) -> float:
    """A number and a unit, in seconds: 45s, 30m, 12h, 90d, 2w."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise click.BadParameter("give a whole number and a unit: 45s, 30m, 12h, 90d or 2w")
    return float(int(match[1]) * _UNIT_SECONDS[match[2]])


def token_id(text: str) -> str:
    """The beginning of a token's SHA-256 in hexadecimal, or `-` for the token on standard input."""
    # Not repeated in the message: it may be a token, put here by mistake.
    if text != "-" and _ID.fullmatch(text) is None:
        raise click.BadParameter("an ID is 8 to 64 hexadecimal digits, as list shows them")
    return text.lower()


def scopes_of(values: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names in `--scope "tag rating" --scope profile`. Raises UsageError."""
    try:
        names = tuple(name for value in values for name in parse_scopes(value))
    except ValueError as error:
        raise click.BadParameter(f"{error}", param_hint="'--scope'") from error
    for name in names:
        if "," in name:
            click.echo(
                f"Warning: {name!r} is one scope with a comma in its name: a space separates", err=True
            )
    return names


def open_store(place: str, *, create: bool = False) -> TokenAdministration:
    """Open the store for the time of the command; only who adds tokens may create it."""
    store = opening.open_store(place, create=create, last_used=False)  # to ask about a token is no use of it
    close = getattr(store, "close", None)
    if close is not None:
        click.get_current_context().call_on_close(close)
    return store


def the_one(store: TokenAdministration, hex_prefix: str) -> TokenRecord:
    """Find the only token whose ID begins like this. Raises UsageError."""
    found = store.find_by_id(hex_prefix)
    if len(found) > 1:
        raise click.ClickException(f"{len(found)} tokens have an ID that begins like this: give more digits")
    if not found:
        raise click.ClickException("no token has such an ID")
    return found[0]


def is_terminal() -> bool:
    """Whether somebody is typing."""
    return sys.stdin.isatty()


def is_piped_in() -> bool:
    """Whether standard input holds something by now; nobody waits for it."""
    try:
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(ready) and not is_terminal() and sys.stdin.buffer.peek(1) != b""  # type: ignore[union-attr]
    except (AttributeError, TypeError, OSError, ValueError):
        return False  # there is none, or it is nothing that can be looked at


def read_token() -> str:
    """Read a token from standard input, where neither the history nor a process list shows it."""
    if is_terminal():
        return str(click.prompt("Token", hide_input=True, err=True))
    # As bytes: what is no token must reach the guard, which says so, whatever the terminal's encoding.
    read = sys.stdin.buffer.read(MAX_TOKEN_BYTES)
    token = read.decode("utf-8", "surrogateescape").strip("\r\n")
    if not token:
        raise click.UsageError("no token on standard input")
    return token
