"""The requests, chapter by chapter, in an order that matters: some of them change what comes after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bearerguard.demo.answers import ask
from bearerguard.demo.catalogue import HEALTH
from bearerguard.demo.events import read_on_the_way, revoked_live, store_gone
from bearerguard.demo.introspected import authorization_server_gone, introspection
from bearerguard.demo.judging import Expected, passed, refused
from bearerguard.demo.rows import Row, get, row
from bearerguard.demo.signed import signed_tokens
from bearerguard.demo.stage import Stage
from bearerguard.errors import (
    InsecureTransport,
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
)
from bearerguard.schemes.bearer import TWO_WAYS

USERINFO, TAG = "/oauth2/userinfo", "/ws/2/tag"
RATING = {"recording": "b1a9c0e9-d987-4042-ae91-78d6a3267d69", "rating": "80"}
ISRC = {"isrc": "GBAYE7500101"}
BARCODE = {"barcode": "0077774644020"}
UNLOGGED = "token not in the log"


def story(stage: Stage) -> Iterator[Row]:
    """Play every chapter; each request is sent when its row is asked for."""
    for chapter in CHAPTERS:
        yield from chapter(stage)


def without_a_token(stage: Stage) -> Iterator[Row]:
    show, stale = partial(row, stage, "no token"), stage.tokens.expired
    missing = refused(MissingCredentials())
    yield show("plain http, no token", refused(InsecureTransport()), lambda to: ask(to.http, "GET", USERINFO))
    yield show("no token", missing, get(USERINFO))
    yield show("stale token, public path", passed(status="up"), get(HEALTH, stale))


def three_ways(stage: Stage) -> Iterator[Row]:
    show, token = partial(row, stage, "three ways"), stage.tokens.alice
    carried = {"access_token": token}
    yield show(
        "token in the header",
        passed(sub="alice"),
        get(USERINFO, token),
    )
    yield show(
        "token in the form, with a rating",
        passed(rating=80),
        lambda to: ask(to.https, "POST", "/ws/2/rating", form=carried | RATING),
    )
    yield _in_query(stage)
    yield show(
        "token in header and query",
        refused(InvalidRequest(TWO_WAYS)),
        lambda to: ask(to.https, "GET", TAG, token, query=carried),
    )


def _in_query(stage: Stage) -> Row:
    """The token must be in neither server's access line, and the line must be there."""
    token = stage.tokens.alice
    found = row(
        stage,
        "three ways",
        "token in the query string",
        passed(user="alice", private=True),
        lambda to: ask(to.https, "GET", TAG, query={"access_token": token, "seen": to.name}),
    )
    log = stage.logs.text()
    broken = ["the token is in a server's log"] if token in log else []
    broken += [f"{name}: no access line" for name in found.services if f"seen={name}" not in log]
    kept = UNLOGGED if not broken else "logged wrongly"
    return replace(found, promise=UNLOGGED, kept=kept, broken=tuple(broken))


def bad_tokens(stage: Stage) -> Iterator[Row]:
    tokens, invalid = stage.tokens, refused(InvalidToken())
    mistyped = tokens.alice[:-1] + ("a" if tokens.alice[-1] != "a" else "b")
    for sent, token in (
        ("unknown token", tokens.unknown),
        ("mistyped token: bad checksum", mistyped),
        ("expired token", tokens.expired),
    ):
        yield row(stage, "bad tokens", sent, invalid, get(TAG, token))


def how_far(stage: Stage) -> Iterator[Row]:
    show, bob, importer = partial(row, stage, "how far"), stage.tokens.bob, stage.tokens.importer
    yield show(
        "an ISRC, scopes: profile tag",
        refused(InsufficientScope(("submit_isrc",))),
        lambda to: ask(to.https, "POST", "/ws/2/isrc", bob, form=ISRC),
    )
    yield show(
        "profile, without the email scope",
        passed(sub="bob", missing=("email",)),
        get(USERINFO, bob),
    )
    yield show(
        "application, no user: a barcode",
        passed(by="importer"),
        lambda to: ask(to.https, "POST", "/ws/2/barcode", importer, form=BARCODE),
    )
    yield show(
        "application, no user: collection",
        Expected(status=403, members={"error": "users_only"}),  # the service's own word: the scope is there
        get("/ws/2/collection", importer),
    )


CHAPTERS = (
    without_a_token,
    three_ways,
    bad_tokens,
    how_far,
    store_gone,
    read_on_the_way,
    revoked_live,
    introspection,
    signed_tokens,
    authorization_server_gone,
)
