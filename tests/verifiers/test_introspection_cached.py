"""Introspection behind the cache: what is remembered, for how long, and what never is."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bearerguard import Cached
from bearerguard.breaker import Unreachable
from bearerguard.clients import ConnectionLost
from bearerguard.errors import Unavailable
from tests.clients.answering import active, answer
from tests.support import START, AsgiEdge, asgi_scope, bearer, drive_asgi, pieces, reply_of
from tests.verifiers.introspecting import (
    BOUND,
    EXPIRED,
    NO_ACCESS_TOKEN,
    NO_AUDIENCE,
    PASSED,
    UNKNOWN,
    WRONG_AUDIENCE,
    WRONG_ISSUER,
    Edge,
    Outcome,
    Remote,
)

INACTIVE = answer({"active": False})


def test_a_good_token_is_asked_about_once_in_its_age(edge: Edge) -> None:
    """Then again: that is how long a revocation takes."""
    remote = Remote(edge, cached={"max_age_seconds": 60})
    assert [PASSED] * 3 == [remote.outcome() for _ in range(3)]
    assert [False, True, True] == [one.cached for one in remote.heard]
    remote.move(59.5)
    assert (PASSED, 1) == (remote.outcome(), remote.http.times)
    remote.move(0.5)
    remote.says(INACTIVE)
    assert (UNKNOWN, 2) == (remote.outcome(), remote.http.times)


def test_a_good_token_is_asked_about_again_at_its_expiry(edge: Edge) -> None:
    """Its age ends there; the server may have prolonged it."""
    remote = Remote(edge, active(exp=START + 10), cached={"max_age_seconds": 60})
    assert PASSED == remote.outcome()
    remote.move(10)
    assert (EXPIRED, 2) == (remote.outcome(), remote.http.times)
    remote.move(5)
    remote.says(active(exp=START + 100))
    assert (PASSED, 3) == (remote.outcome(), remote.http.times)


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (INACTIVE, UNKNOWN),
        (active(iss="https://other.example.org"), WRONG_ISSUER),
        (active(token_type="DPoP"), NO_ACCESS_TOKEN),
        (active(aud=[]), NO_AUDIENCE),
        (active(exp=START - 1), EXPIRED),
    ],
)
def test_a_no_is_remembered_for_a_few_seconds(edge: Edge, says: Any, expected: Outcome) -> None:
    """With its reason; then the server may have changed its mind."""
    issuer = "https://as.example.org"
    remote = Remote(edge, says, cached={"max_negative_age_seconds": 5}, issuer=issuer)
    assert [expected] * 3 == [remote.outcome() for _ in range(3)]
    remote.move(4.5)
    remote.says(active())
    assert (expected, 1) == (remote.outcome(), remote.http.times)
    remote.move(0.5)
    assert (PASSED, 2) == (remote.outcome(), remote.http.times)


@pytest.mark.parametrize(
    ("says", "expected"), [(active(aud="other"), WRONG_AUDIENCE), (active(cnf={"jkt": "x"}), BOUND)]
)
def test_what_the_resource_server_refuses_is_no_new_question(
    edge: Edge, says: Any, expected: Outcome
) -> None:
    """The facts are kept, and judged on every request."""
    remote = Remote(edge, says, cached={})
    assert [expected] * 3 == [remote.outcome() for _ in range(3)]
    assert 1 == remote.http.times


NO_ANSWERS = [
    *[answer(b"", status) for status in (204, 301, 400, 401, 403, 404, 429, 500, 501, 502, 503, 504)],
    answer({"active": True}, content_type="text/html"),
    answer(b'{"active":true'),
    answer({"active": "true"}),
    active(exp="soon"),
    active(sub=5),
    Unreachable("no answer within 2 seconds"),
    Unreachable("TLS failed"),
    Unavailable("its answer is no use: its compressed content is broken"),
    ConnectionLost("the connection was lost, or what came over it is not HTTP"),
]


@pytest.mark.parametrize("says", NO_ANSWERS)
def test_what_says_nothing_is_never_remembered(edge: Edge, says: Any) -> None:
    """Our own credentials that are refused, malformed replies, outages: the next request asks again."""
    remote = Remote(edge, says, cached={})
    assert [503, 503] == [remote.outcome()[0] for _ in range(2)]
    remote.says(active())
    times = remote.http.times
    assert [PASSED, PASSED] == [remote.outcome(), remote.outcome()]
    assert times + 1 == remote.http.times


@pytest.mark.parametrize("says", NO_ANSWERS)
def test_what_says_nothing_makes_no_good_token_bad(edge: Edge, says: Any) -> None:
    """Nor a bad one good."""
    remote = Remote(edge, cached={"max_age_seconds": 60})
    assert PASSED == remote.outcome("good")
    remote.says(INACTIVE)
    assert UNKNOWN == remote.outcome("bad")
    remote.says(says)
    assert 503 == remote.outcome("new")[0]
    assert [PASSED, UNKNOWN] == [remote.outcome("good"), remote.outcome("bad")]


CROWD = 200


def open_when_all_wait(cached: Cached, gate: threading.Event) -> None:
    """Let the call under way come back when the whole crowd waits for it."""
    board, others = cached._coalesce._board, threading.Semaphore(CROWD - 1)

    def count(*arguments: Any) -> Any:
        boarded = board(*arguments)
        if not others.acquire(blocking=False):
            gate.set()
        return boarded

    cached._coalesce._board = count  # type: ignore[method-assign]


def statuses(edge: Edge, guarded: Any) -> list[int]:
    """What so many requests with one token get, all at once."""
    if isinstance(edge, AsgiEdge):

        async def ask() -> int:
            return reply_of(await drive_asgi(guarded, asgi_scope(headers=bearer("new")), pieces(b""))).status

        async def ask_all() -> list[int]:
            return await asyncio.gather(*(ask() for _ in range(CROWD)))

        return asyncio.run(ask_all())
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(edge.answer(guarded, headers=bearer("new")).status))
        for _ in range(CROWD)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (active(), 200),
        (INACTIVE, 401),
        (active(iss="x"), 401),
        (answer(b"", 500), 503),
        (answer(b"", 401), 503),
    ],
)
def test_a_crowd_with_one_new_token_is_one_call(edge: Edge, says: Any, expected: int) -> None:
    """Two hundred at once; the answer is everybody's, whatever it is."""
    remote = Remote(edge, says, cached={}, issuer="https://as.example.org")
    remote.http.gate = threading.Event()
    open_when_all_wait(remote.verifier, remote.http.gate)
    assert [expected] * CROWD == statuses(edge, remote.guarded)
    assert (1, CROWD) == (remote.http.times, len(remote.heard))


def test_a_crowd_with_many_tokens_is_bounded(edge: Edge) -> None:
    """Each is a question of its own: so many at a time, and the others get 503 at once."""
    remote = Remote(edge, cached={}, max_in_flight=1)
    refused: list[Outcome] = []

    def ask_as_well() -> None:
        another = threading.Thread(target=lambda: refused.append(remote.outcome("another")))
        another.start()
        another.join()

    remote.http.meanwhile = ask_as_well
    assert PASSED == remote.outcome("one")
    remote.http.meanwhile = lambda: None
    assert ([(503, "1 calls are in flight already")], PASSED) == (refused, remote.outcome("another"))
    assert 2 == remote.http.times
