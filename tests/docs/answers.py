"""Read the tables that say what an answer of an authorization server becomes; ask, and see what it became."""

from __future__ import annotations

import ast
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bearerguard import Cached, ClientSecretBasic, Introspection
from bearerguard.clients import HttpRequest, HttpResponse
from tests.docs.pages import prose_of, tables_of
from tests.support import START, App, AsgiEdge, Clock, Reply, WsgiEdge, bearer, server

Edge = AsgiEdge | WsgiEdge
ENDPOINT = "https://as.example.org/introspect"
UNAVAILABLE = "the introspection endpoint of as.example.org is unavailable, requests that need it get 503: "
JSON = {"content-type": "application/json"}
ACTIVE = {"active": True, "sub": "alice", "client_id": "app", "scope": "base", "exp": START + 3600}

_BECOMES = re.compile(r"(passes|401|503)(?: `([^`]+)`)?")
_REASON = re.compile(r"401: invalid_token: (.*) \(token")
_SETTING = re.compile(r"`(\w+)=([^`]+)`")


class FakeClient:
    """An HTTP client whose answer is given, or raised; it notes what it was asked."""

    def __init__(self, answer: HttpResponse | Exception) -> None:
        self.answer = answer
        self.asked: list[HttpRequest] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def asend(self, request: HttpRequest) -> HttpResponse:
        return self.send(request)

    def close(self) -> None:
        """There is nothing to close."""

    async def aclose(self) -> None:
        """There is nothing to close."""


class Bench:
    """A guarded application that asks a client, behind a cache, under clocks that stand still."""

    def __init__(
        self,
        edge: Edge,
        http: Any,
        *,
        endpoint: str = ENDPOINT,
        stale_if_error_seconds: float = 0.0,
        **settings: Any,
    ) -> None:
        self.now, self.monotonic = Clock(), Clock(500.0)
        clocks = {"now": self.now, "monotonic": self.monotonic}
        client = ClientSecretBasic("api", "secret")
        verifier = Introspection(endpoint, client=client, http=http, **clocks, **settings)
        cached = Cached(verifier, stale_if_error_seconds=stale_if_error_seconds, **clocks)
        self.app = App()
        self.server = server(cached, now=self.now)
        self._edge = edge
        self._guarded = edge.guard(self.app, self.server)

    def ask(self, token: str = "known") -> Reply:
        return self._edge.answer(self._guarded, headers=bearer(token))

    def move(self, seconds: float) -> None:
        self.now.move(seconds)
        self.monotonic.move(seconds)


@dataclass(frozen=True, slots=True)
class Became:
    """What came of an answer: status, reason of a 401, seconds it was kept, whether it counts, the log."""

    status: int
    reason: str | None
    kept: int
    counts: bool
    log: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of answers."""

    answer: str
    becomes: str
    kept: str
    counts: str
    log: str

    def expected(self, log: str) -> Became:
        """Give what the row promises; the log's text is that of one of its cases."""
        match = _BECOMES.match(self.becomes)
        assert match, self.becomes
        status = 200 if match[1] == "passes" else int(match[1])
        kept = 0 if self.kept == "no" else int(self.kept.partition(" s")[0])
        said = UNAVAILABLE + log if status == 503 else log
        return Became(status, match[2], kept, self.counts == "yes", said)

    @property
    def log_text(self) -> str:
        """What the log says of the row's first case."""
        return self.log.split("`")[1] if self.log else ""

    @property
    def settings(self) -> dict[str, Any]:
        return {name: ast.literal_eval(value) for name, value in _SETTING.findall(self.answer)}


def rows_of(page: Path, heading: str) -> list[Row]:
    """Give the rows of the table of five columns under a heading."""
    section = prose_of(page).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [Row(*cells) for cells in tables_of(section)[1:] if len(cells) == 5]


def members_of(row: Row) -> Iterator[tuple[str, HttpResponse]]:
    """Give the answers that a row names by a member, `"exp": 0` or no `exp`, with the member's name."""
    for span in re.findall(r"`(\"[^`]+)`", row.answer):
        found = json.loads(f"{{{span}}}")
        yield next(iter(found)), said({**ACTIVE, **found})
    for name in re.findall(r"no `(\w+)`", row.answer):
        yield name, said({member: value for member, value in ACTIVE.items() if member != name})


def said(members: Any, status: int = 200, fields: dict[str, str] | None = None) -> HttpResponse:
    """Answer with this in JSON."""
    return HttpResponse(
        status=status, fields=JSON if fields is None else fields, content=json.dumps(members).encode()
    )


@dataclass
class Questions:
    """Counts what is asked, whoever answers."""

    asked: Any
    seen: int = field(default=0)

    def are_new(self) -> bool:
        before, self.seen = self.seen, len(self.asked)
        return self.seen > before


def became(bench: Bench, asked: Any, caplog: pytest.LogCaptureFixture) -> Became:
    """Ask, wait, ask again, and see."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "bearerguard"):
        reply = bench.ask()
    reasons = [match[1] for record in caplog.records if (match := _REASON.match(record.getMessage()))]
    loud = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    questions = Questions(asked)
    kept = _kept_seconds(bench, questions)
    return Became(reply.status, (reasons or [None])[0], kept, _counts(bench, questions), "\n".join(loud))


def _kept_seconds(bench: Bench, questions: Questions) -> int:
    questions.are_new()
    bench.ask()
    if questions.are_new():
        return 0
    for seconds in (5, 60):
        bench.monotonic.at = 500.0 + seconds - 0.001
        bench.ask()
        assert not questions.are_new(), f"asked again before {seconds} s"
        bench.monotonic.at = 500.0 + seconds
        bench.ask()
        if questions.are_new():
            return seconds
    raise AssertionError("never asked again")


def _counts(bench: Bench, questions: Questions) -> bool:
    for at in range(5):
        bench.ask(f"token{at}")
    questions.are_new()
    bench.ask("one-more")
    return not questions.are_new()
