"""The chapters of the authorization server: what its tokens cost, and what they are worth when it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from bearerguard.demo.answers import Answer
from bearerguard.demo.events import USERINFO, store_away
from bearerguard.demo.guard import REMOTE_AGE_SECONDS
from bearerguard.demo.judging import Expected, passed, refused, unavailable
from bearerguard.demo.rows import Row, get, row, row_of
from bearerguard.demo.stage import Service, Stage
from bearerguard.demo.waiting import wait_for
from bearerguard.errors import InvalidToken

QUESTIONS = ("no question", "1 question each")  # to the authorization server
AGE = f"{REMOTE_AGE_SECONDS:.0f} s"
LOGGED = "and the log says so"


def introspection(stage: Stage) -> Iterator[Row]:
    tokens = stage.tokens
    to_grace = get(USERINFO, tokens.grace)
    show, grace = partial(counted, stage, "introspection"), passed(sub="grace")
    yield show("authorization server's token", grace, to_grace, questions=1)
    yield show(f"the same, now cached for {AGE}", grace, to_grace, questions=0)
    yield show("an inactive token", refused(InvalidToken()), get(USERINFO, tokens.inactive), questions=1)
    with store_away(stage):
        to_heidi = get(USERINFO, tokens.heidi)
        yield show("another one, store file gone", passed(sub="heidi"), to_heidi, questions=1)


def counted(
    stage: Stage,
    chapter: str,
    sent: str,
    expected: Expected,
    send: Callable[[Service], Answer],
    *,
    questions: int,
) -> Row:
    """Judge besides how often each service asks the authorization server."""
    before = stage.authorization_server.questions()
    found = row(stage, chapter, sent, expected, send)
    asked = stage.authorization_server.questions() - before
    promise, is_kept = QUESTIONS[questions], asked == questions * len(found.services)
    kept = promise if is_kept else f"{asked} of both"
    return replace(found, promise=promise, kept=kept, broken=() if is_kept else (f"questions: {kept}",))


def authorization_server_gone(stage: Stage) -> Iterator[Row]:
    """Kill its process, and start it again; nothing else is started again."""
    chapter, tokens = "authorization server gone", stage.tokens
    to_grace, grace = get(USERINFO, tokens.grace), passed(sub="grace")
    for service in (*stage.services, *stage.stale_services):
        to_grace(service)  # what they are to remember
    stage.authorization_server.kill()
    yield row(stage, chapter, "server killed, token cached", grace, to_grace)
    answers, _ = wait_for(stage.services, unavailable(), to_grace)
    yield row_of(chapter, f"the same, older than {AGE}", unavailable(), answers)
    yield _stale(stage, chapter, to_grace)
    yield row(stage, chapter, "a new local token", passed(sub="ivan"), get(USERINFO, tokens.ivan))
    judy = get(USERINFO, stage.signer.sign("judy"))
    yield row(stage, chapter, "a new signed token, keys kept", passed(sub="judy"), judy)
    stage.authorization_server.start()
    yield counted(stage, chapter, "server back, all else untouched", grace, to_grace, questions=1)


def _stale(stage: Stage, chapter: str, send: Callable[[Service], Answer]) -> Row:
    """Ask the guards that may serve stale facts; each has to say in the log that it does."""
    expected = passed(sub="grace", stale=True)
    answers, _ = wait_for(stage.stale_services, expected, send)
    lines = sum(line.startswith("serving stale facts ") for line in stage.logs.warnings)
    is_kept = lines == len(answers)
    return replace(
        row_of(chapter, "the same, stale answers allowed", expected, answers),
        promise=LOGGED,
        kept=LOGGED if is_kept else "not logged",
        broken=() if is_kept else (f"the log tells of stale facts {lines} times",),
    )
