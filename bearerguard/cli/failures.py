"""Every failure is one sentence on standard error and an exit status; never a traceback, never a token."""

from __future__ import annotations

import re
from typing import Any

import click

from bearerguard.errors import BearerGuardError, Unavailable

NOT_DONE = 1
UNAVAILABLE = 3
# What is long and of letters and digits in no language: the names of commands and options are shorter.
_LIKE_A_TOKEN = re.compile(r"(?=[A-Za-z_~+=]*[0-9])[A-Za-z0-9_~+=]{20,}")
TOO_MANY = "Too many arguments. (A token is never an argument: it is read from standard input.)"


class StoreUnavailable(click.ClickException):
    """Try again later."""

    exit_code = UNAVAILABLE


class PlainGroup(click.Group):
    """A group whose commands fail in plain words."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unavailable as error:
            raise StoreUnavailable(str(error)) from error
        except BearerGuardError as error:
            raise click.ClickException(str(error)) from error
        except click.UsageError as error:
            # click repeats the argument, which may be a token, into a terminal or a build's log.
            if error.message.startswith("Got unexpected extra argument"):
                raise click.UsageError(TOO_MANY, error.ctx) from error
            message = error.format_message()
            if _LIKE_A_TOKEN.search(message) is not None:
                raise click.UsageError(_LIKE_A_TOKEN.sub("(not repeated)", message), error.ctx) from error
            raise
