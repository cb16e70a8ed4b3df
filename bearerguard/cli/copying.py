"""`bearerguard store copy`: all tokens of one store into another, without issuing one anew."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any

import click

from bearerguard.cli.failures import NOT_DONE
from bearerguard.cli.options import json_option, open_store
from bearerguard.cli.places import warned_of_password
from bearerguard.cli.presenting import tokens_text
from bearerguard.stores.copying import Copied
from bearerguard.stores.copying import copy as copy_all

SHOWN_DIGITS = 16  # of a checksum, for people
INTERRUPTED = "Interrupted. The same command goes on from here."
FROM_NOW_ON = (
    "What changes in FROM from now on is not in TO: let the servers use TO, then give this command once more."
)


@click.command(name="copy")
@click.argument("source", metavar="FROM", callback=warned_of_password)
@click.argument("target", metavar="TO", callback=warned_of_password)
@json_option
@click.pass_context
def copy(context: click.Context, source: str, target: str, as_json: bool) -> None:
    """Copy all tokens of a store into another, of any kind, and verify it by reading all of them back.

    Both are a file, a URL, or env:NAME for the URL in an environment variable. Both may be in use, and TO
    may have tokens of its own, which are counted. A token that is revoked in either is revoked in TO; one
    that was purged in FROM since an earlier copy is not. Whatever interrupts it, the same command goes on.
    """
    copied = _copy(source, target)
    click.echo(json.dumps(asdict(copied)) if as_json else _text(copied))
    click.echo(FROM_NOW_ON, err=True)
    if copied.only_in_target:
        click.echo(f"Warning: {_only_in_target(copied)}", err=True)
    if copied.conflicts:
        click.echo(f"Error: {_conflicts(copied)}", err=True)
    if not copied.is_verified:
        click.echo("Error: FROM changes faster than it is copied: give this command once more.", err=True)
    context.exit(0 if copied.is_verified and not copied.conflicts else NOT_DONE)


def _copy(source: str, target: str) -> Copied:
    opened = open_store(source)
    with _Bars(opened.count() if sys.stderr.isatty() else None) as bars:
        try:
            return copy_all(opened, open_store(target, create=True), on_progress=bars.show)
        except KeyboardInterrupt:
            raise click.ClickException(INTERRUPTED) from None


class _Bars:
    """A progress bar for each pass, on a terminal."""

    def __init__(self, length: int | None) -> None:
        self._length = length
        self._number = 0
        self._bar: Any = None

    def __enter__(self) -> _Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, number: int, records: int) -> None:
        if self._length is None:
            return
        if number != self._number:
            self.__exit__(None, None, None)
            self._number = number
            label = "Copying  " if number == 1 else f"Reading back, {number - 1}"
            self._bar = click.progressbar(length=self._length, label=label, file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(records - self._bar.pos)


def _text(copied: Copied) -> str:
    there = copied.records - copied.added - copied.changed
    lines = [
        f"Copied {tokens_text(copied.records)}: {copied.added} added, {copied.changed} changed, "
        f"{max(there, 0)} there already."
    ]
    if copied.left_behind:
        lines.append(f"Left behind: {tokens_text(copied.left_behind)}, expired too long ago for TO to keep.")
    if copied.is_verified:
        lines.append(
            f"Verified: {tokens_text(copied.records)} read back, checksum {copied.checksum[:SHOWN_DIGITS]}."
        )
    return "\n".join(lines)


def _only_in_target(copied: Copied) -> str:
    return (
        f"{tokens_text(copied.only_in_target)} good in TO and not in FROM: TO's own,"
        " or copied earlier and then revoked and purged in FROM."
    )


def _conflicts(copied: Copied) -> str:
    ids = ", ".join(copied.conflicting_ids)
    more = " and others" if copied.conflicts > len(copied.conflicting_ids) else ""
    return (
        f"{tokens_text(copied.conflicts)} in both stores with another user, client, scopes, expiry or label;"
        f" what TO had stays: {ids}{more}."
    )
