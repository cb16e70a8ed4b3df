"""`bearerguard token import`: bring tokens that exist already, all of a file or none."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from bearerguard.cli.import_rows import BadRow, CsvRows, JsonRows
from bearerguard.cli.options import json_option, open_store, store_option
from bearerguard.cli.presenting import tokens_text
from bearerguard.stores import DuplicateToken, TokenAdministration, TokenRecord

ROWS_BETWEEN_UPDATES = 5_000  # of the progress bar: often enough to move, too rarely to cost

_FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_option
@click.option(
    "--format", "format_", type=click.Choice(["csv", "jsonl"]), help="[default: by the file's name]"
)
@json_option
def import_(file: Path, place: str, format_: str | None, as_json: bool) -> None:
    """Import tokens from a CSV file with a header, or from JSON lines.

    \b
    token    the token, in any form; or instead
    sha256   its SHA-256 in hexadecimal
    user, client    whom it speaks for; one of the two at least
    scopes   "tag rating"; in JSON a list too
    expires  Unix seconds or ISO 8601 (UTC unless it says otherwise); empty: never
    label    a note

    One transaction: a bad line is named, and then nothing is imported.
    """
    format_ = format_ or _FORMATS.get(file.suffix.lower())
    if format_ is None:
        raise click.UsageError("the name ends in neither .csv nor .jsonl: say --format")
    count = import_file(open_store(place, create=True), file, format_)
    click.echo(json.dumps({"imported": count}) if as_json else f"Imported {tokens_text(count)}.")


def import_file(store: TokenAdministration, file: Path, format_: str) -> int:
    """Import a whole file or nothing; how many tokens. Raises ClickException, naming the line."""
    with file.open("rb") as raw:
        # Bytes that are no UTF-8 become surrogates, which no record accepts: the line is known then.
        text = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
        rows = (CsvRows if format_ == "csv" else JsonRows)(text, time.time())
        try:
            return store.add_many(_watched(rows, raw, file.stat().st_size))
        except DuplicateToken as error:
            where = "is in the store already" if store.find(error.digest) else "is on an earlier line too"
            raise _failure(rows, f"the token {where}") from error
        except BadRow as error:
            raise _failure(rows, f"it {error}") from error


def _failure(rows: CsvRows | JsonRows, why: str) -> click.ClickException:
    return click.ClickException(f"line {rows.line}: {why}. Nothing was imported.")


def _watched(rows: Iterable[TokenRecord], raw: BinaryIO, size_bytes: int) -> Iterator[TokenRecord]:
    if not sys.stderr.isatty():
        yield from rows
        return
    with click.progressbar(length=size_bytes, label="Importing", file=sys.stderr) as bar:
        for number, record in enumerate(rows):
            if number % ROWS_BETWEEN_UPDATES == 0:
                bar.update(raw.tell() - bar.pos)
            yield record
        bar.update(size_bytes - bar.pos)
