"""Every failure is one sentence on standard error and an exit status; never a traceback, never a token."""

from __future__ import annotations

from typing import Any

import click

from bearerguard.errors import BearerGuardError, Unavailable

NOT_DONE = 1
UNAVAILABLE = 3


class Failure(click.ClickException):
    """One sentence for people."""

    def __init__(self, message: str, exit_code: int = NOT_DONE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class PlainGroup(click.Group):
    """A group whose commands fail in plain words."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unavailable as error:
            raise Failure(str(error), UNAVAILABLE) from error
        except BearerGuardError as error:
            raise Failure(str(error)) from error
        except click.UsageError as error:
            # click repeats the argument, which may be a token, in a terminal's history or a build's log.
            if error.message.startswith("Got unexpected extra argument"):
                error.message = (
                    "Too many arguments. (A token is never an argument: standard input is for that.)"
                )
            raise
