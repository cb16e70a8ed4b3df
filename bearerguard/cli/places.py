"""Where a store is, as somebody typed it; a password must not stay where others can read it."""

from __future__ import annotations

import os
import re

import click
from click.core import ParameterSource

VARIABLE = "env:"  # and the name of an environment variable that holds the path or the URL
# Up to the last @: who types a password does not think of / or # as special.
_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@:]*:.+@")
_PASSWORD_IN_QUERY = re.compile(r"[?&](password|passwd|sentinel_password)=[^&]", re.IGNORECASE)
PASSWORD_SHOWS = (
    "Warning: process lists and the shell's history show this password. Put the URL into an environment"
    " variable: BEARERGUARD_STORE, or any other, to be given as env:NAME"
)


def warned_of_password(context: click.Context, parameter: click.Parameter, text: str) -> str:
    """Take the value of an option or an argument; where it holds a password, say where that should be."""
    if text.startswith(VARIABLE):
        return _from_environment(text.removeprefix(VARIABLE))
    source = context.get_parameter_source(parameter.name or "")
    if source is ParameterSource.COMMANDLINE and has_password(text):
        click.echo(PASSWORD_SHOWS, err=True)
    return text


def has_password(text: str) -> bool:
    """Tell whether this is a URL with a password in it."""
    return _PASSWORD.match(text) is not None or _PASSWORD_IN_QUERY.search(text) is not None


def _from_environment(name: str) -> str:
    text = os.environ.get(name, "")
    if not text:
        raise click.BadParameter("there is no such environment variable, or it is empty")
    return text
