"""Every failure is one sentence on standard error and an exit status; never a traceback, never a token."""

from __future__ import annotations

from typing import Any

import click

from bearerguard.errors import BearerGuardError, Unavailable

NOT_DONE = 1
UNAVAILABLE = 3
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
            raise
