"""`bearerguard bench`: what the guard would cost an application of one's own, on a real server."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec

import click

from bearerguard.bench.figures import Interval, is_steady, median
from bearerguard.bench.load import NO_WRK, LoadError, find_wrk
from bearerguard.bench.own_app import SUBJECTS, Comparison, Plan, compare
from bearerguard.bench.serving import SERVERS, Server, ServerError

LOOPS = ("uvloop", "rloop")  # which servers take in place of asyncio's own, where they are installed


def url_path(text: str) -> str:
    """A path, with its query where it has one."""
    if not text.startswith("/"):
        raise click.BadParameter("a path begins with /")
    return text


def attribute(text: str) -> str:
    """An application by the name that servers take."""
    module, _, name = text.partition(":")
    if not module or not name:
        raise click.BadParameter("give the module and the name in it: shop.main:app")
    return text


@click.command()
@click.option(
    "--app", type=attribute, metavar="MODULE:APP", help="Your application; by default one that says ok."
)
@click.option(
    "--server",
    "server_name",
    type=click.Choice(list(SERVERS)),
    default="uvicorn",
    show_default=True,
    help="What it runs on; for WSGI applications one of the last three.",
)
@click.option(
    "--path",
    type=url_path,
    metavar="PATH",
    default="/",
    show_default=True,
    help="What is asked for; the answer must be 2xx or 3xx.",
)
@click.option("--connections", type=click.IntRange(1), default=64, show_default=True)
@click.option("--rounds", type=click.IntRange(3), default=14, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=1, show_default=True, help="Of each round.")
def bench(app: str | None, server_name: str, path: str, connections: int, rounds: int, seconds: int) -> None:
    """Measure an application bare and guarded, in turn, over loopback.

    Every request carries a good token that the cache knows. The bare application is measured twice, as a
    control: where it differs from itself, the machine is too busy for the figures to mean much.
    """
    server = installed(server_name)
    plan = Plan(app=app, server=server, path=path, connections=connections, rounds=rounds, seconds=seconds)
    length = (rounds + 1) * len(SUBJECTS)
    with click.progressbar(length=length, label=server_name, file=sys.stderr) as bar:
        try:
            comparison = compare(plan, tell=lambda: bar.update(1))
        except (ServerError, LoadError) as error:
            raise click.ClickException(str(error)) from error
    click.echo("\n".join([served_by(server), *lines_of(comparison)]))


def installed(server_name: str) -> Server:
    """Give a server; raise ClickException unless it and wrk are there."""
    if find_wrk() is None:
        raise click.ClickException(f"{NO_WRK}.")
    server = SERVERS[server_name]
    if not server.is_installed():
        raise click.ClickException(f"{server.package} is not installed here: pip install {server.package}")
    return server


def served_by(server: Server) -> str:
    """Name what an absolute figure depends on."""
    loops = [name for name in LOOPS if server.edge == "asgi" and find_spec(name)]
    packages = [f"{name} {version(name)}" for name in (server.package, *loops)]
    return f"{', '.join(packages)}, {platform.python_implementation()} {platform.python_version()}"


def lines_of(comparison: Comparison) -> list[str]:
    """A table, the ratio first, and whether it can be trusted."""
    lines = [f"{'':12}{'of bare':>9}{'95 %':>16}{'requests/s':>12}{'p99, ms':>9}{'CPU, µs':>9}"]
    for subject in SUBJECTS:
        share = comparison.against_bare(subject)
        lines.append(
            f"{subject:12}{share.middle:9.3f}{f'{share.low:.3f} to {share.high:.3f}':>16}"
            f"{median(comparison.throughput(subject)):12,.0f}{comparison.p99_seconds(subject) * 1e3:9.2f}"
            f"{median(comparison.cpu_seconds[subject]) * 1e6:9.1f}"
        )
    return [*lines, verdict(comparison.against_bare("bare again"), comparison.against_bare("guarded"))]


def verdict(control: Interval, guarded: Interval) -> str:
    """Say in a sentence what the guard costs, or that this run cannot tell."""
    if not is_steady(control):
        return (
            f"The bare application reached {control.middle:.3f} of itself: this machine is not quiet enough. "
            "Let it do less beside, or give more --rounds."
        )
    return f"Guarded, the application reaches {guarded.middle:.1%} of its throughput."
