"""The rows of the authorization server: each of their promises can be broken, and is then told of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

import pytest

pytest.importorskip("rich")
pytest.importorskip("trustme")

from bearerguard import FirstMatch, StoredTokens
from bearerguard.demo import guard, introspected, waiting
from bearerguard.demo.authorizing import AuthorizationServer
from bearerguard.demo.rows import Row
from bearerguard.demo.stage import Stage, stage
from bearerguard.verifiers import Verifier


def chapters(built: Stage) -> Iterator[Row]:
    yield from introspected.introspection(built)
    yield from introspected.authorization_server_gone(built)


def from_last(verifiers: Sequence[Verifier]) -> FirstMatch:
    """Ask the authorization server first, which the list itself would not."""
    found = FirstMatch(verifiers)
    found._verifiers = tuple(reversed(found._verifiers))
    return found


@pytest.mark.parametrize(
    ("setting", "value", "sent", "surprise"),
    [
        pytest.param(
            "guard.REMOTE_AGE_SECONDS",
            1e-6,
            "the same, now cached for 2 s",
            "questions: 2 of both",
            id="nothing is cached",
        ),
        pytest.param(
            "guard.StoredTokens",
            partial(StoredTokens, prefix=None),
            "another one, store file gone",
            "Starlette: status: expected 200, came 503",
            id="the store is asked about every token",
        ),
        pytest.param(
            "guard.REMOTE_AGE_SECONDS",
            60.0,
            "the same, older than 2 s",
            "Starlette: status: expected 503, came 200",
            id="the cache's age is too long",
        ),
        pytest.param(
            "stage.STALE_SECONDS",
            0.0,
            "the same, stale answers allowed",
            "Starlette: status: expected 200, came 503",
            id="nobody may serve stale facts",
        ),
        pytest.param(
            "logs.Logs.emit",
            lambda kept, record: None,
            "the same, stale answers allowed",
            "the log tells of stale facts 0 times",
            id="the log does not say that facts are stale",
        ),
        pytest.param(
            "guard.FirstMatch",
            from_last,
            "a new local token",
            "Starlette: status: expected 200, came 503",
            id="local tokens travel",
        ),
        pytest.param(
            "authorizing.AuthorizationServer.kill",
            lambda server: None,
            "the same, older than 2 s",
            "Starlette: status: expected 503, came 200",
            id="the server is not gone",
        ),
    ],
)
def test_a_promise_that_is_not_kept_is_a_surprise(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: object, sent: str, surprise: str
) -> None:
    """A row whose verdict could not turn out the other way would show nothing."""
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 2.0)
    monkeypatch.setattr(guard, "REMOTE_AGE_SECONDS", 0.3)
    monkeypatch.setattr(f"bearerguard.demo.{setting}", value)
    with stage() as built, closing(chapters(built)) as rows:
        assert surprise == next(row.surprises for row in rows if row.sent == sent)[0]


def test_a_server_that_does_not_come_back_is_a_surprise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last row is good only if each service asks it again."""
    monkeypatch.setattr(guard, "REMOTE_AGE_SECONDS", 0.3)
    with stage() as built:
        monkeypatch.setattr(AuthorizationServer, "start", lambda server: None)
        *_, last = chapters(built)
    assert [
        "Starlette: status: expected 200, came 503",
        "questions: 0 of both",
    ] == [last.surprises[0], last.surprises[-1]]
