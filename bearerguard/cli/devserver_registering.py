"""`bearerguard devserver application` and `... user`: who is known to the server."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from bearerguard.cli.devserver_options import below_file_option, extra, open_file
from bearerguard.cli.failures import PlainGroup
from bearerguard.cli.options import is_terminal, json_option, scopes_of
from bearerguard.cli.presenting import instant_text, safe

if TYPE_CHECKING:
    from bearerguard.devserver.records import Application, User

MAX_PASSWORD_BYTES = 4_096  # whatever is longer was piped in by mistake
APPLICATION_LINE = "{:24}  {:12}  {:24}  {}"
USER_LINE = "{:24}  {:17}  {}"


@click.group(cls=PlainGroup)
def application() -> None:
    """Register, list and remove applications."""


@click.group(cls=PlainGroup)
def user() -> None:
    """Add, list and remove the users who can log in, and give them other passwords."""


@application.command(name="add")
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where answers go. May be repeated.")
@click.option("--public", is_flag=True, help="It cannot keep a secret, so it gets none.")
@click.option("--installed", is_flag=True, help="It is public, and runs where its user is.")
@click.option("--scope", "scopes", multiple=True, help="What it may ask for. May be repeated. [default: all]")
@below_file_option
@json_option
@click.pass_context
def add_application(
    context: click.Context,
    name: str,
    redirect_uris: tuple[str, ...],
    public: bool,
    installed: bool,
    scopes: tuple[str, ...],
    path: str | None,
    as_json: bool,
) -> None:
    """Register an application, and print its id and its secret, this once."""
    names = _limit(scopes)
    parts = open_file(context, path, create=True, scopes=names)
    with extra():
        from bearerguard.devserver.records import CONFIDENTIAL, PUBLIC
        from bearerguard.devserver.registering import register
    registered, secret = register(
        parts,
        name=name,
        kind=PUBLIC if public or installed else CONFIDENTIAL,
        installed=installed,
        redirect_uris=redirect_uris,
        scopes=names or None,
    )
    if as_json:
        click.echo(json.dumps({**_members_of(registered), "client_secret": secret}))
        return
    click.echo(f"client_id      {registered.client_id}")
    if secret is not None:
        click.echo(f"client_secret  {secret}")
        click.echo("The secret is not shown again.", err=True)


def _limit(scopes: tuple[str, ...]) -> tuple[str, ...]:
    names = scopes_of(scopes)
    if scopes and not names:  # an empty variable of a script, say: that must not mean all
        raise click.BadParameter("it names none; leave it out for all of them", param_hint="'--scope'")
    return names


@application.command(name="list")
@below_file_option
@json_option
@click.pass_context
def list_applications(context: click.Context, path: str | None, as_json: bool) -> None:
    """List the applications, the oldest first; with --json one object a line."""
    found = open_file(context, path).applications.all()
    if not as_json:
        click.echo(APPLICATION_LINE.format("CLIENT ID", "KIND", "NAME", "REDIRECT URIS"))
    for one in found:
        click.echo(json.dumps(_members_of(one)) if as_json else _line_of(one))


@application.command(name="remove")
@click.argument("client_id")
@below_file_option
@click.pass_context
def remove_application(context: click.Context, client_id: str, path: str | None) -> None:
    """Forget an application, and revoke all its tokens."""
    if not open_file(context, path).applications.remove(client_id):
        raise click.ClickException("no application has this client_id: see application list")
    click.echo("Removed; all its tokens are revoked.")


@user.command(name="add")
@click.argument("name")
@click.option("--email", help="What userinfo says, for the scope email.")
@below_file_option
@click.pass_context
def add_user(context: click.Context, name: str, email: str | None, path: str | None) -> None:
    """Add somebody who can log in; the password is asked for, or the first line of standard input."""
    parts = open_file(context, path, create=True)
    with extra():
        from bearerguard.devserver.registering import add_user
    add_user(parts, name, _password(), email=email)
    click.echo(f"Added {safe(name)}.")


@user.command(name="password")
@click.argument("name")
@below_file_option
@click.pass_context
def change_password(context: click.Context, name: str, path: str | None) -> None:
    """Give a user another password, asked for as with `add`; who is logged in is logged out."""
    parts = open_file(context, path)
    with extra():
        from bearerguard.devserver.registering import change_password
    change_password(parts, name, _password())
    click.echo("Changed; who was logged in has to log in again.")


@user.command(name="remove")
@click.argument("name")
@below_file_option
@click.pass_context
def remove_user(context: click.Context, name: str, path: str | None) -> None:
    """Forget a user, and revoke all his tokens; the applications that he has registered stay."""
    if not open_file(context, path).users.remove(name):
        raise click.ClickException("there is no user of this name: see user list")
    click.echo("Removed; all tokens are revoked, and nothing is granted any more.")


@user.command(name="list")
@below_file_option
@json_option
@click.pass_context
def list_users(context: click.Context, path: str | None, as_json: bool) -> None:
    """List the users, by name; with --json one object a line."""
    found = open_file(context, path).users.all()
    if not as_json:
        click.echo(USER_LINE.format("NAME", "ADDED", "E-MAIL"))
    for one in found:
        click.echo(json.dumps(_user_members(one)) if as_json else _user_line(one))


def _password() -> str:
    if is_terminal():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    read = sys.stdin.buffer.readline(MAX_PASSWORD_BYTES)
    return read.decode("utf-8", "surrogateescape").rstrip("\r\n")


def _members_of(application: Application) -> dict[str, Any]:
    return {
        "client_id": application.client_id,
        "name": application.name,
        "kind": application.kind,
        "installed": application.installed,
        "redirect_uris": list(application.redirect_uris),
        "scopes": None if application.scopes is None else sorted(application.scopes),
        "owner": application.owner,
        "created_at": application.created_at,
    }


def _line_of(application: Application) -> str:
    kind = "installed" if application.installed else application.kind
    uris = " ".join(application.redirect_uris)
    return APPLICATION_LINE.format(application.client_id, kind, safe(application.name), safe(uris))


def _user_members(user: User) -> dict[str, Any]:
    return {"name": user.name, "email": user.email, "created_at": user.created_at}


def _user_line(user: User) -> str:
    return USER_LINE.format(safe(user.name), instant_text(user.created_at), safe(user.email))
