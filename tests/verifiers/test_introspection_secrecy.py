"""No token and no secret shows, whatever the server says: not in a log at DEBUG, a repr or an exception."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest

from bearerguard import ClientBearerToken, ClientSecretBasic, ClientSecretPost
from bearerguard.breaker import Unreachable
from bearerguard.clients import ConnectionLost
from bearerguard.errors import BearerGuardError, Unavailable
from bearerguard.flow import arun, run
from tests.clients.answering import active, answer
from tests.support import START, credentials
from tests.verifiers.introspecting import Edge, Remote

OURS = "s3cr3t-of-ours"
TOKEN = "t0k3n-of-theirs"
SECRETS = [OURS, TOKEN, "czNjcjN0LW9mLW91cnM", "YXBpOnMzY3IzdC1vZi1vdXJz"]  # in base64, too

GUARDS = {
    "basic": {"client": ClientSecretBasic("api", OURS)},
    "post": {"client": ClientSecretPost("api", OURS), "cached": {}},
    "bearer": {"client": ClientBearerToken(OURS), "cached": {"stale_if_error_seconds": 900}},
    "function": {"client": ClientBearerToken(lambda: OURS)},
}

# A server that repeats what it was asked, wherever it can.
ANSWERS = [
    active(jti=TOKEN, token=TOKEN, access_token=[TOKEN]),
    active(iss=TOKEN),
    active(token_type=TOKEN),
    active(scope=[TOKEN]),
    active(exp=TOKEN),
    active(exp=START - 1, jti=TOKEN),
    active(sub=[TOKEN, OURS]),
    active(active=TOKEN),
    answer({"active": False, "error_description": TOKEN}),
    answer(f'{{"active":true,"{TOKEN}":1,"{TOKEN}":2}}'.encode()),
    answer(f'{{"active":true,"{TOKEN}'.encode()),
    answer(f'{{"active":true,"x":"{TOKEN}\\ud800"}}'.encode()),
    answer(f'"{TOKEN} {OURS}"'.encode()),
    answer(TOKEN.encode() + b"\xff"),
    answer(TOKEN.encode(), content_type=f"text/{TOKEN}"),
    *[answer(f"{TOKEN} {OURS}".encode(), status) for status in (301, 400, 401, 403, 429, 500, 503)],
    Unreachable("no answer within 2 seconds"),
    Unavailable("its answer is no use: it is longer than 65536 bytes"),
    ConnectionLost("the connection was lost, or what came over it is not HTTP"),
]


def failures(remote: Remote) -> list[str]:
    """What comes out of the verifier itself, in both colours; facts hold the claims, so they may."""
    texts: list[str] = []
    for finish in (run, lambda flow: asyncio.run(arun(flow))):
        try:
            finish(remote.introspection.verify(credentials(TOKEN)))
        except BearerGuardError as error:
            texts += [str(error), repr(error), repr(error.__cause__)]
            texts += traceback.format_exception(error)
    return texts


@pytest.mark.parametrize("kind", GUARDS)
def test_no_secret_shows_anywhere(edge: Edge, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    """Every answer, with every way of saying who we are; what is searched is not empty."""
    shown: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for says in ANSWERS:
            remote = Remote(edge, says, issuer="https://as.example.org", **GUARDS[kind])
            for _ in range(2):
                shown.append(repr(remote.ask(TOKEN)))
                remote.move(61)
            shown += failures(remote)
            parts = [remote.introspection, remote.verifier, remote.server, remote.guarded]
            parts += [remote.introspection._endpoint, remote.introspection._endpoint._breaker]
            shown += [repr(remote.http.asked), repr(remote.heard), repr([vars(one) for one in parts])]
            assert remote.http.times > 2
    shown += [one.getMessage() for one in caplog.records] + [repr(vars(one)) for one in caplog.records]
    assert len(caplog.records) > len(ANSWERS)
    assert [] == [(secret, text) for text in shown for secret in SECRETS if secret in text]


def test_an_endpoint_that_is_left_alone_shows_nothing_either(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor the line that says so."""
    shown: list[str] = []
    with caplog.at_level(logging.DEBUG):
        remote = Remote(edge, answer(TOKEN.encode(), 503), client=ClientSecretBasic("api", OURS))
        shown += [repr(remote.ask(TOKEN)) for _ in range(7)] + failures(remote)
    shown += [repr(vars(one)) for one in caplog.records]
    assert (5, True) == (remote.http.times, any("is left alone" in text for text in shown))
    assert [] == [(secret, text) for text in shown for secret in SECRETS if secret in text]


def test_neither_question_nor_answer_shows_what_it_carries(edge: Edge) -> None:
    """Their reprs end in tracebacks with locals."""
    remote = Remote(edge, client=ClientSecretBasic("api", OURS))
    remote.ask(TOKEN)
    (question,) = remote.http.asked
    expected = (
        "HttpRequest(method='POST', url='https://as.example.org/introspect', "
        "timeout_seconds=2.0, max_bytes=65536)"
    )
    assert (expected, "HttpResponse(status=200)") == (repr(question), repr(active(sub=TOKEN)))
