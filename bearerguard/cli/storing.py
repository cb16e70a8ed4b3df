"""`bearerguard store`: upgrade, sql, check; copy is in `copying.py`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Literal

import click

from bearerguard.cli.copying import copy
from bearerguard.cli.failures import PlainGroup
from bearerguard.cli.options import json_option, open_store, store_option
from bearerguard.errors import ConfigurationError
from bearerguard.stores._state import StoreState
from bearerguard.stores.opening import scheme_of, upgrade_store

Kind = Literal["postgresql", "mysql", "sqlite"]
_KINDS: dict[str, Kind] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
NOT_DURABLE = "Warning: a power cut may undo a revocation that was acknowledged: see docs/stores.md"
NOT_TELLING = (
    "Warning: the triggers that tell other processes of revocations are missing or disabled:"
    " run `bearerguard store upgrade`"
)


@click.group(cls=PlainGroup)
def store() -> None:
    """Look after what holds the tokens: upgrade it, check it, copy it into another."""


@store.command()
@store_option
@json_option
def upgrade(place: str, as_json: bool) -> None:
    """Make the tables, or bring old ones up to date; of several who try at once one does it."""
    before, after = upgrade_store(place)
    if as_json:
        click.echo(json.dumps({"from": before, "to": after}))
    elif after is None:
        click.echo("This store has no tables: there is nothing to upgrade.")
    elif before == after:
        click.echo(f"Version {after} is the newest already.")
    else:
        click.echo(f"Upgraded from version {before} to {after}.")


@store.command()
@store_option
@click.option("--for", "kind", type=click.Choice(sorted(set(_KINDS.values()))), help="[default: by --store]")
def sql(place: str, kind: Kind | None) -> None:
    """Print the SQL that makes the tables, for whoever has the right to run it."""
    scheme = (scheme_of(place) or "").partition("+")[0]
    chosen = kind or _KINDS.get(scheme)
    if chosen is None:
        raise click.UsageError("say for which database: --for")
    try:
        from bearerguard.stores._sql.command import ddl
    except ImportError as error:
        raise ConfigurationError("this needs packages: pip install 'bearerguard[sql]'") from error
    click.echo(ddl(chosen), nl=False)


@store.command()
@store_option
@json_option
def check(place: str, as_json: bool) -> None:
    """Say whether the store answers, which version it has, and how many tokens; change nothing in it."""
    opened = open_store(place)
    state, count = opened.state(), opened.count()
    click.echo(_json(state, count) if as_json else _text(state, count))
    if not state.is_durable:
        click.echo(NOT_DURABLE, err=True)
    if not state.is_telling:
        click.echo(NOT_TELLING, err=True)


store.add_command(copy)


def _json(state: StoreState, count: int) -> str:
    facts = asdict(state)
    del facts["identity"]  # how we know two for one; it means nothing to others
    return json.dumps({**facts, "tokens": count})


def _text(state: StoreState, count: int) -> str:
    lines = [("store", state.name), ("server", state.server)]
    if state.version is not None:
        what = "the newest" if state.version == state.newest_version else f"of {state.newest_version}"
        lines.append(("version", f"{state.version}, {what}"))
    lines += [("tokens", str(count)), ("durability", state.durability)]
    return "\n".join(f"{name:10} {value}" for name, value in lines)
