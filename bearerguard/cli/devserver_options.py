"""What the commands of `bearerguard devserver` share: the file they work on, and the extra they need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bearerguard.devserver.parts import Parts

DEFAULT_FILE = "devserver.db"

file_option = click.option(
    "--store",
    "path",
    envvar="BEARERGUARD_DEVSERVER_STORE",
    default=DEFAULT_FILE,
    show_default=True,
    show_envvar=True,
    type=click.Path(dir_okay=False),
    help="The file that holds everything.",
)
# Of a command below: what is given there counts before what is given to `devserver` itself.
below_file_option = click.option(
    "--store", "path", type=click.Path(dir_okay=False), help="As of devserver itself."
)


@contextmanager
def extra() -> Iterator[None]:
    """Say in one sentence what to install where an import in the block fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "the development server needs more packages: pip install 'bearerguard[devserver]'"
        ) from error


def open_file(
    context: click.Context, path: str | None, *, create: bool = False, scopes: tuple[str, ...] = ()
) -> Parts:
    """Open the file that a command is about; only who adds something may make it.

    `scopes` are taken for known: which ones there are, the server is told when it starts.
    """
    with extra():
        from bearerguard.devserver.parts import open_parts
        from bearerguard.devserver.settings import Settings
    place = path or str(context.obj)
    if not create and not Path(place).exists():
        raise click.ClickException(
            f"there is no file {place}: start the server first, or name it with --store"
        )
    settings = Settings(scopes={scope: scope for scope in scopes}) if scopes else Settings()
    is_new = not Path(place).exists()
    parts = open_parts(place, issuer="", settings=settings, create=create)
    if is_new:  # in the wrong folder, or under a mistyped name, all would look well
        click.echo(f"Made a new file, {Path(place).absolute()}: a running server has another.", err=True)
    return parts
