"""`bearerguard devserver`: run an authorization server for development."""

from __future__ import annotations

import logging
import secrets
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bearerguard.cli.devserver_options import extra, file_option
from bearerguard.cli.devserver_registering import application, user
from bearerguard.cli.devserver_values import port, scopes_file
from bearerguard.cli.failures import PlainGroup
from bearerguard.cli.presenting import safe

if TYPE_CHECKING:
    from bearerguard.devserver import DevServer

DEFAULT_PORT = 9_443  # the same at every start: applications have the issuer in their settings
FIRST_USER = "alice"
FIRST_EMAIL = "alice@example.org"
PASSWORD_BYTES = 9  # twelve characters: it may have to be typed
WAIT_SECONDS = 1.0  # where a signal does not end a wait, it is seen after this

ABOUT = """\
An authorization server for development and tests. It is not for production.

  issuer        {issuer}
  metadata      {issuer}/.well-known/oauth-authorization-server
  applications  {issuer}/applications
  CA file       {ca_file}
  store         {store}"""
GUARD = """
Guard an API with it:

  store = SqliteTokenStore({store!r}, create=False)
  server = ResourceServer(resource="https://api.example.org", realm="example", verifier=StoredTokens(store))

Ctrl-C stops it."""
WARNINGS = {
    "allow_implicit": "--allow-implicit puts tokens into URLs, where histories and logs keep them",
    "pkce_optional": "--pkce-optional lets whoever sees a public application's code use it",
    "listen_beyond_loopback": "--listen-beyond-loopback lets others in the network log in and ask for tokens",
}
SETTINGS = ("rotate_refresh_tokens", "default_access_type", "allow_implicit", "pkce_optional")
FILE = click.Path(exists=True, dir_okay=False)


@click.group(cls=PlainGroup, invoke_without_command=True)
@file_option
@click.option(
    "--port", type=port, metavar="NUMBER", default=DEFAULT_PORT, show_default=True, help="0 is any free."
)
@click.option("--host", default="localhost", show_default=True, help="A name or an address of this machine.")
@click.option("--listen-beyond-loopback", is_flag=True, help="Let others reach --host.")
@click.option(
    "--scopes",
    type=scopes_file,
    metavar="FILE",
    help='JSON: {"tag": "See your tags"}. [default: MusicBrainz\' seven]',
)
@click.option("--rotate-refresh-tokens", is_flag=True, help="Each use of a refresh token gives a new one.")
@click.option("--allow-implicit", is_flag=True, help="Answer response_type=token, with tokens in URLs.")
@click.option(
    "--default-access-type",
    type=click.Choice(["online", "offline"]),
    default="online",
    show_default=True,
    help="Where a request names none: offline gives a refresh token.",
)
@click.option("--pkce-optional", is_flag=True, help="Let public applications do without a code challenge.")
@click.option("--certificate", type=FILE, help="A PEM file of your own, in place of what is made.")
@click.option("--key", type=FILE, help="The PEM file of its key, where that is another.")
@click.pass_context
def devserver(context: click.Context, /, path: str, scopes: Mapping[str, str] | None, **given: Any) -> None:
    """Run an authorization server for development and tests, on this machine only.

    Without a command it runs until Ctrl-C. Everything is in one file, which is a store that a guard can read.
    """
    context.obj = path
    if context.invoked_subcommand is not None:
        _refuse_what_the_server_takes(context)
        return
    with extra():
        from bearerguard.devserver import DevServer, Settings
    chosen = {name: given.pop(name) for name in SETTINGS} | ({} if scopes is None else {"scopes": scopes})
    settings = Settings(**chosen)
    _run(DevServer(path, settings=settings, **given), path, _warnings(context))


devserver.add_command(application)
devserver.add_command(user)


def _run(dev: DevServer, path: str, warnings: list[str]) -> None:
    """Serve until a signal ends it."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    _show_access_lines()
    with dev:
        click.echo(ABOUT.format(issuer=dev.issuer, ca_file=dev.ca_file, store=Path(path).absolute()))
        click.echo(_users_line(dev))
        click.echo(GUARD.format(store=path))
        for warning in [*warnings, *_unknown_scopes(dev)]:
            click.echo(f"Warning: {warning}", err=True)
        while not over.wait(WAIT_SECONDS):
            pass


def _users_line(dev: DevServer) -> str:
    """Say who can log in; where nobody can, make somebody who can."""
    if there := len(dev.parts.users.all()):
        return f"  users         {there}, see: bearerguard devserver user list"
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    dev.add_user(FIRST_USER, password, email=FIRST_EMAIL)
    return f"  user          {FIRST_USER}, password {password} (not shown again)"


def _unknown_scopes(dev: DevServer) -> list[str]:
    """Name the applications that were registered for scopes which this server does not have.

    Only here can that be seen: `application add` works on the file and knows no server's scopes.
    """
    known = dev.settings.scopes.keys()
    unknown = [(one, sorted((one.scopes or frozenset()) - known)) for one in dev.parts.applications.all()]
    return [
        f"{safe(one.name)} ({one.client_id}) was registered for scopes that this server does not have: "
        f"{safe(' '.join(names))}"
        for one, names in unknown
        if names
    ]


def _show_access_lines() -> None:
    log = logging.getLogger("bearerguard.devserver")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)


def _warnings(context: click.Context) -> list[str]:
    return [warning for name, warning in WARNINGS.items() if context.params[name]]


def _refuse_what_the_server_takes(context: click.Context) -> None:
    """Raise UsageError for options that would have no effect."""
    for name in context.params:
        if name != "path" and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{context.invoked_subcommand} works on the file, and takes --store alone")
