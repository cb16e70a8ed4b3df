"""The chapters in which something happens: the store goes, a token is overheard, a token is revoked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from bearerguard.demo.answers import Answer, ask
from bearerguard.demo.judging import passed, refused, surprises, unavailable
from bearerguard.demo.rows import Row, get, row
from bearerguard.demo.stage import MAX_AGE_SECONDS, Stage, command
from bearerguard.errors import InsecureTransport, InvalidToken

USERINFO = "/oauth2/userinfo"
BUSY_SECONDS = 2.0  # what a machine with other things to do may add to a revocation's delay
PATIENCE_SECONDS = 10.0  # after which a token that still passes is a surprise
POLL_SECONDS = 0.01


def store_gone(stage: Stage) -> Iterator[Row]:
    show, file = partial(row, stage, "store gone"), stage.store_file
    away, send = file.with_name("away.db"), get(USERINFO, stage.tokens.dave)
    file.rename(away)
    try:
        yield show("new token, store file gone", unavailable(), send)
    finally:
        away.rename(file)
    yield show("the same, store file back", passed(sub="dave"), send)


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
    yield _until_refused(stage, time.monotonic())


def _until_refused(stage: Stage, revoked_at: float) -> Row:
    """Ask until both refuse; how long that took since the command was done is what is judged besides."""
    expected = refused(InvalidToken())
    answers: dict[str, Answer] = {}
    late: dict[str, float] = {}
    pending = list(stage.services)
    while pending and time.monotonic() < revoked_at + PATIENCE_SECONDS:
        for service in tuple(pending):
            answers[service.name] = ask(service.https, "GET", USERINFO, stage.tokens.carol)
            if not surprises(expected, answers[service.name]):
                late[service.name] = time.monotonic() - revoked_at
                pending.remove(service)
        time.sleep(POLL_SECONDS)
    return Row(
        chapter="revoked live",
        sent="the same, revoked by the command",
        expected=expected,
        services=tuple(answers),
        answers=tuple(answers.values()),
        promise=f"within {MAX_AGE_SECONDS * 1_000:.0f} ms",
        kept=" and ".join(f"{seconds * 1_000:.0f}" for seconds in late.values()) + " ms later",
        broken=tuple(f"{name}: too late" for name, seconds in late.items() if is_late(seconds)),
    )


def is_late(seconds: float) -> bool:
    """Tell whether a revocation took longer than the cache's age, and than a busy machine explains."""
    return seconds > MAX_AGE_SECONDS + BUSY_SECONDS
