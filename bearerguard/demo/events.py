"""The chapters in which something happens: the store goes, a token is overheard, a token is revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from bearerguard.demo.answers import Answer, ask
from bearerguard.demo.guard import MAX_AGE_SECONDS
from bearerguard.demo.judging import passed, refused, unavailable
from bearerguard.demo.rows import Row, get, row, row_of
from bearerguard.demo.stage import Service, Stage
from bearerguard.demo.waiting import wait_for
from bearerguard.demo.wallet import command
from bearerguard.errors import InsecureTransport, InvalidToken

USERINFO = "/oauth2/userinfo"
BUSY_SECONDS = 2.0  # what a machine with other things to do may add to a delay


def store_gone(stage: Stage) -> Iterator[Row]:
    show, send = partial(row, stage, "store gone"), get(USERINFO, stage.tokens.dave)
    with store_away(stage):
        yield show("new token, store file gone", unavailable(), send)
    yield show("the same, store file back", passed(sub="dave"), send)


@contextmanager
def store_away(stage: Stage) -> Iterator[None]:
    """Rename the store's file for a while."""
    file = stage.store_file
    away = file.with_name("away.db")
    file.rename(away)
    try:
        yield
    finally:
        away.rename(file)


def read_on_the_way(stage: Stage) -> Iterator[Row]:
    """Each service gets a token of its own: the store is one, and the first would burn it for both."""
    show = partial(row, stage, "read on the way")
    tokens = dict(zip((service.name for service in stage.services), stage.tokens.burnt, strict=True))
    yield show(
        "a good token over https",
        passed(sub="erin"),
        lambda to: ask(to.https, "GET", USERINFO, tokens[to.name]),
    )
    yield show(
        "plain http, as from the Internet",
        refused(InsecureTransport()),
        lambda to: ask(to.http, "GET", USERINFO, tokens[to.name]),
    )
    yield show(
        "over https again: it is burnt",
        refused(InvalidToken()),
        lambda to: ask(to.https, "GET", USERINFO, tokens[to.name]),
    )


def revoked_live(stage: Stage) -> Iterator[Row]:
    yield row(
        stage,
        "revoked live",
        "a good token, now cached",
        passed(sub="carol"),
        get(USERINFO, stage.tokens.carol),
    )
    command("token", "revoke", "--store", str(stage.store_file), "--user", "carol")
    yield wait_until_refused(
        stage,
        "revoked live",
        "the same, revoked by the command",
        get(USERINFO, stage.tokens.carol),
        within_seconds=MAX_AGE_SECONDS,
    )


def wait_until_refused(
    stage: Stage, chapter: str, sent: str, send: Callable[[Service], Answer], *, within_seconds: float
) -> Row:
    """Ask until both refuse; how long that took, since there was reason to, is what is judged besides."""
    expected = refused(InvalidToken())
    answers, late = wait_for(stage.services, expected, send)
    return replace(
        row_of(chapter, sent, expected, answers),
        promise=f"within {within_seconds * 1_000:.0f} ms",
        kept=" and ".join(f"{seconds * 1_000:.0f}" for seconds in late.values()) + " ms later",
        broken=tuple(
            f"{name}: too late" for name, seconds in late.items() if is_late(seconds, within_seconds)
        ),
    )


def is_late(seconds: float, within_seconds: float) -> bool:
    """Tell whether it took longer than it may, and than a busy machine explains."""
    return seconds > within_seconds + BUSY_SECONDS
