"""The command `bearerguard`: tokens, stores, questions to the guard, a development server, the demo."""

from __future__ import annotations

import logging

import click

from bearerguard.cli.benching import bench
from bearerguard.cli.checking import check
from bearerguard.cli.devserving import devserver
from bearerguard.cli.failures import PlainGroup
from bearerguard.cli.importing import import_
from bearerguard.cli.storing import store
from bearerguard.cli.tokens import issue, list_, purge, revoke, show


@click.group(cls=PlainGroup)
@click.version_option(package_name="bearerguard")
def main() -> None:
    """Bearer tokens for your API: issue them, revoke them, ask the guard about one.

    \b
    Exit status:
      0  done; for check: the guard lets the token pass
      1  not done, and the message says why; for check: the guard refuses the token
      2  wrong usage
      3  the store cannot be used at the moment; for check: the guard answers 503
    """
    # The guard's log line about an outage would say once more what the command says itself.
    logging.getLogger("bearerguard").addHandler(logging.NullHandler())


@main.group(cls=PlainGroup)
def token() -> None:
    """Issue, list, show, revoke, import and purge tokens."""


for _command in (issue, list_, show, revoke, import_, purge):
    token.add_command(_command)
main.add_command(store)
main.add_command(check)
main.add_command(bench)
main.add_command(devserver)


@main.command()
@click.option("--once", is_flag=True, help="Stop after the requests; end with 1 if an answer surprises.")
@click.pass_context
def demo(context: click.Context, once: bool) -> None:
    """Fire real requests over https at two guarded APIs and show how each is answered."""
    try:
        from bearerguard.demo import main as run_demo
    except ImportError as error:
        raise click.ClickException("the demo needs more packages: pip install 'bearerguard[demo]'") from error
    context.exit(run_demo(once) or 0)
