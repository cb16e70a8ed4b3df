"""The chapter of the signed tokens: nobody is asked about them, and forgeries of them are worth nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bearerguard.demo.answers import Answer, ask
from bearerguard.demo.events import USERINFO, wait_until_refused
from bearerguard.demo.guard import KEY_AGE_SECONDS
from bearerguard.demo.introspected import counted
from bearerguard.demo.judging import passed, refused
from bearerguard.demo.rows import Row, get, row
from bearerguard.demo.stage import Service, Stage
from bearerguard.errors import InvalidToken

CHAPTER = "signed tokens"
OTHER_RESOURCE = "https://acoustid.example"


def signed_tokens(stage: Stage) -> Iterator[Row]:
    signer, judy, invalid = stage.signer, passed(sub="judy"), refused(InvalidToken())
    show, unasked = partial(row, stage, CHAPTER), partial(counted, stage, CHAPTER, questions=0)
    to_first, first_key = get(USERINFO, signer.sign("judy")), signer.newest
    yield unasked("a signed token (JWT)", judy, to_first)
    for sent, token in (
        ("one for another API", signer.sign("judy", audience=OTHER_RESOURCE)),
        ("forged: not signed, alg none", signer.forge_unsigned("judy")),
        ("forged: HS256, the public key", signer.forge_with_public_key("judy")),
    ):
        yield show(sent, invalid, get(USERINFO, token))
    signer.rotate()
    stage.authorization_server.publish(signer.published())
    yield unasked("one signed by a new key", judy, get(USERINFO, signer.sign("judy")))

    def to_another(service: Service) -> Answer:
        return ask(service.https, "GET", USERINFO, signer.sign("judy", key=first_key))

    signer.withdraw()
    stage.authorization_server.publish(signer.published())
    yield wait_until_refused(
        stage, CHAPTER, "one by the old key, withdrawn", to_another, within_seconds=KEY_AGE_SECONDS
    )
    yield show("the first, though it was cached", invalid, to_first)
