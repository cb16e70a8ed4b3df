"""Every failure is one sentence on standard error and an exit status; never a traceback, never a token."""

from __future__ import annotations

import errno
import re
from typing import Any

import click

from bearerguard.errors import BearerGuardError, Unavailable

NOT_DONE = 1
UNAVAILABLE = 3
# What is long and of letters and digits in no language: the names of commands and options are shorter.
_LIKE_A_TOKEN = re.compile(r"(?=[A-Za-z_~+=]*[0-9])[A-Za-z0-9_~+=]{20,}")
# Between the scheme and the last @: the user and the password of a URL.
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^\s'\"]*@")
TOO_MANY = "Too many arguments. (A token is never an argument: it is read from standard input.)"


# What says of standard output that nothing more can be written there; a closed pipe is click's to end on.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class StoreUnavailable(click.ClickException):
    """Try again later."""

    exit_code = UNAVAILABLE


class OutputUnavailable(click.ClickException):
    """Nobody can read what was done."""

    exit_code = UNAVAILABLE


class PlainGroup(click.Group):
    """A group whose commands fail in plain words."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unavailable as error:
            raise StoreUnavailable(str(error)) from error
        except OSError as error:
            if error.errno not in _FULL or error.filename is not None:
                raise
            raise OutputUnavailable("standard output cannot be written: it may be a full disk") from error
        except BearerGuardError as error:
            raise click.ClickException(str(error)) from error
        except click.UsageError as error:
            # click repeats the argument, which may be a token, into a terminal or a build's log.
            if error.message.startswith("Got unexpected extra argument"):
                raise click.UsageError(TOO_MANY, error.ctx) from error
            message = error.format_message()
            safe = _LIKE_A_TOKEN.sub("(not repeated)", _USER_AND_PASSWORD.sub("(not repeated)@", message))
            if safe != message:
                raise click.UsageError(safe, error.ctx) from error
            raise
