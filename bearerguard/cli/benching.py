"""`bearerguard bench`: what the guard would cost an application of one's own, on a real server."""

from __future__ import annotations

import sys

import click

from bearerguard.bench.figures import Interval, median
from bearerguard.bench.load import NO_WRK, LoadError, find_wrk
from bearerguard.bench.own_app import SUBJECTS, Comparison, Plan, compare
from bearerguard.bench.serving import SERVERS, ServerError

# Below or above this, the same application differs from itself, and so the machine was not quiet enough.
STEADY = (0.97, 1.03)


@click.command()
@click.option("--app", metavar="MODULE:APP", help="Your application; by default one that says ok.")
@click.option(
    "--server",
    "server_name",
    type=click.Choice(list(SERVERS)),
    default="uvicorn",
    show_default=True,
    help="What it runs on; for WSGI applications one of the last three.",
)
@click.option("--path", default="/", show_default=True, help="What is asked for; the answer must be 2xx.")
@click.option("--connections", type=click.IntRange(1), default=64, show_default=True)
@click.option("--rounds", type=click.IntRange(3), default=14, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=1, show_default=True, help="Of each round.")
def bench(app: str | None, server_name: str, path: str, connections: int, rounds: int, seconds: int) -> None:
    """Measure an application bare and guarded, in turn, over loopback.

    Every request carries a good token that the cache knows. The bare application is measured twice, as a
    control: where it differs from itself, the machine is too busy for the figures to mean much.
    """
    if find_wrk() is None:
        raise click.ClickException(f"{NO_WRK}.")
    server = SERVERS[server_name]
    if not server.is_installed():
        raise click.ClickException(f"{server.package} is not installed here: pip install {server.package}")
    plan = Plan(app=app, server=server, path=path, connections=connections, rounds=rounds, seconds=seconds)
    length = (rounds + 1) * len(SUBJECTS)
    with click.progressbar(length=length, label=server_name, file=sys.stderr) as bar:
        try:
            comparison = compare(plan, tell=lambda: bar.update(1))
        except (ServerError, LoadError) as error:
            raise click.ClickException(str(error)) from error
    click.echo("\n".join(lines_of(comparison)))


def lines_of(comparison: Comparison) -> list[str]:
    """A table, the ratio first, and whether it can be trusted."""
    lines = [f"{'':12}{'of bare':>9}{'95 %':>16}{'requests/s':>12}{'p99, ms':>9}{'CPU, us':>9}"]
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
    if not STEADY[0] <= control.middle <= STEADY[1]:
        return (
            f"The bare application reached {control.middle:.3f} of itself: this machine is not quiet enough. "
            "Let it do less beside, or give more --rounds."
        )
    return f"Guarded, the application reaches {guarded.middle:.1%} of its throughput."
