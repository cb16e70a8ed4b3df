"""`bearerguard token`: issue, list, show, revoke, purge."""

from __future__ import annotations

import json
import time

import click

from bearerguard.cli.options import (
    client_option,
    duration,
    json_option,
    open_store,
    read_token,
    scopes_of,
    store_option,
    the_one,
    token_id,
    user_option,
)
from bearerguard.cli.presenting import (
    HEADING,
    card_of,
    instant_text,
    json_of,
    line_of,
    state_of,
    tokens_text,
    with_last_uses,
)
from bearerguard.cli.revoking import find_presented, revoke_each
from bearerguard.errors import ConfigurationError
from bearerguard.stores import DEFAULT_LIFETIME_SECONDS, TokenRecord
from bearerguard.stores import issue as issue_token
from bearerguard.wire.local_token import DEFAULT_PREFIX

DEFAULT_PURGE_AGE = "30d"  # long enough to still answer "what became of this token?"


expires_option = click.option(
    "--expires",
    "lifetime_seconds",
    type=duration,
    help=f"For how long: 12h, 2w. [default: {DEFAULT_LIFETIME_SECONDS / 86_400:.0f}d]",
)


@click.command()
@store_option
@user_option
@client_option
@click.option("--scope", "scopes", multiple=True, help='How far it reaches: "tag rating". May be repeated.')
@expires_option
@click.option("--never-expires", is_flag=True, help="It ends only when it is revoked.")
@click.option("--label", help="A note for people.")
@click.option("--prefix", default=DEFAULT_PREFIX, show_default=True, help="How the token begins.")
@json_option
def issue(
    place: str,
    subject: str | None,
    client_id: str | None,
    scopes: tuple[str, ...],
    lifetime_seconds: float | None,
    never_expires: bool,
    label: str | None,
    prefix: str,
    as_json: bool,
) -> None:
    """Issue a token and print it, this once.

    Only the token goes to standard output: TOKEN=$(bearerguard token issue --user alice)
    """
    _check_whom(subject, client_id)
    try:
        text, record = issue_token(
            subject=subject,
            client_id=client_id,
            scopes=scopes_of(scopes),
            lifetime_seconds=_lifetime(lifetime_seconds, never_expires),
            label=label,
            prefix=prefix,
        )
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    open_store(place, create=True).add(record)
    _print_issued(text, record, as_json)


@click.command(name="list")
@store_option
@user_option
@client_option
@click.option("--state", type=click.Choice(["active", "expired", "revoked"]), help="Only these.")
@json_option
def list_(place: str, subject: str | None, client_id: str | None, state: str | None, as_json: bool) -> None:
    """List tokens, the oldest first; with --json one object a line."""
    now = time.time()
    store = open_store(place)
    records = store.records(subject=subject, client_id=client_id)
    if not as_json:
        click.echo(HEADING)
    write = json_of if as_json else line_of
    for record, last_used_at in with_last_uses(store, records):
        if state in (None, state_of(record, now)):
            click.echo(write(record, now, last_used_at))


@click.command()
@click.argument("which", metavar="ID|-", type=token_id)
@store_option
@json_option
def show(which: str, place: str, as_json: bool) -> None:
    """Show one token by its ID, or with - the one on standard input."""
    store = open_store(place)
    record = find_presented(store, read_token()) if which == "-" else the_one(store, which)
    now = time.time()
    write = json_of if as_json else card_of
    click.echo(write(record, now, store.last_uses([record.digest]).get(record.digest)))


@click.command()
@click.argument("which", metavar="[ID|-]...", nargs=-1, type=token_id)
@store_option
@user_option
@client_option
@json_option
def revoke(
    which: tuple[str, ...], place: str, subject: str | None, client_id: str | None, as_json: bool
) -> None:
    """Revoke tokens by ID, or all of a user, of an application, or of a user in an application.

    With - the token is read from standard input; it may be a JWT that somebody else has issued. Servers
    hear of it at once from the store; one that cannot hear at the moment goes on accepting what it has
    cached for some seconds.
    """
    if bool(which) == bool(subject or client_id):
        raise click.UsageError("say which: an ID, or --user and --client")
    store = open_store(place)
    count = revoke_each(store, which) if which else store.revoke_all(subject=subject, client_id=client_id)
    click.echo(json.dumps({"revoked": count}) if as_json else f"Revoked {tokens_text(count)}.")


@click.command()
@store_option
@click.option(
    "--older-than",
    "age_seconds",
    type=duration,
    default=DEFAULT_PURGE_AGE,
    show_default=True,
    help="How long ago they must have ended.",
)
@json_option
def purge(place: str, age_seconds: float, as_json: bool) -> None:
    """Forget tokens that expired or were revoked some time ago."""
    count = open_store(place).purge(before=time.time() - age_seconds)
    click.echo(json.dumps({"purged": count}) if as_json else f"Purged {tokens_text(count)}.")


def _check_whom(subject: str | None, client_id: str | None) -> None:
    if not subject and not client_id:
        raise click.UsageError("a token needs a user, an application or both: --user, --client")


def _lifetime(seconds: float | None, never_expires: bool) -> float | None:
    if seconds is not None and never_expires:
        raise click.UsageError("--expires or --never-expires, not both")
    return DEFAULT_LIFETIME_SECONDS if seconds is None and not never_expires else seconds


def _print_issued(text: str, record: TokenRecord, as_json: bool) -> None:
    if as_json:
        click.echo(json_of(record, record.issued_at, None, token=text))
        return
    click.echo(text)
    expiry = "" if record.expires_at is None else f" until {instant_text(record.expires_at)}"
    click.echo(f"Issued {record.token_id}{expiry}. The token is not shown again.", err=True)
