"""docs/introspection.md: a change at the server reaches the API when its table says, to the millisecond."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bearerguard.clients import Unreachable
from tests.docs.answers import ACTIVE, Bench, Edge, FakeClient, said
from tests.docs.pages import DOCS, prose_of, tables_of
from tests.support import START, AsgiEdge

HEADING = "\n## When a change at the server reaches the API\n"
MOMENT = 0.001
DOWN = Unreachable("no connection: Connection refused")
INACTIVE = said({"active": False})
FOREVER = {name: value for name, value in ACTIVE.items() if name != "exp"}


@dataclass(frozen=True, slots=True)
class Delay:
    """One row: what happens, and how long after it the API goes on as before."""

    event: str
    seconds: float
    stale_if_error_seconds: float

    def __str__(self) -> str:
        return self.event


def delays() -> list[Delay]:
    section = prose_of(DOCS / "introspection.md").split(HEADING)[1].split("\n## ")[0]
    stale = re.compile(r"stale_if_error_seconds=(\d+)")
    return [
        Delay(event, float(after.split(" ")[0]), float((stale.findall(event) or [0])[0]))
        for event, after, _ in tables_of(section)[1:]
    ]


class Api:
    """A guarded API and the server that it asks."""

    def __init__(self, edge: Edge, **settings: Any) -> None:
        self.http = FakeClient(said(FOREVER))
        self.bench = Bench(edge, self.http, **settings)

    def status(self) -> int:
        return self.bench.ask("token").status

    def scopes(self) -> frozenset[str]:
        self.bench.ask("token")
        assert self.bench.app.authentication
        return self.bench.app.authentication.scopes


def a_change(answer: Any) -> Callable[[Api], None]:
    """The token was good, and now the server says this."""

    def happen(api: Api) -> None:
        assert api.status() == 200
        api.http.answer = answer

    return happen


def expiry(answer: dict[str, Any]) -> Callable[[Api], None]:
    """The token was good until this moment."""

    def happen(api: Api) -> None:
        api.http.answer = said(answer)
        assert api.status() == 200
        api.bench.move(0 if "exp" not in answer else answer["exp"] - START)
        api.http.answer = INACTIVE

    return happen


def issued(*, was_tried: bool) -> Callable[[Api], None]:
    def happen(api: Api) -> None:
        api.http.answer = INACTIVE
        if was_tried:
            assert api.status() == 401
        api.http.answer = said(ACTIVE)

    return happen


def revoked_before_an_outage(api: Api) -> None:
    assert api.status() == 200
    api.http.answer = DOWN


def back(*, failures: int) -> Callable[[Api], None]:
    """The server had been down for this many questions in a row."""

    def happen(api: Api) -> None:
        api.http.answer = DOWN
        for _ in range(failures):
            assert api.status() == 503
            if failures >= 5:
                api.bench.move(_pause_of(api))
        if failures >= 5:
            assert api.status() == 503  # the last probe, just before the server is back
        api.http.answer = said(ACTIVE)

    return happen


def _pause_of(api: Api) -> float:
    """How long it is from here until the server may be asked again."""
    asked = len(api.http.asked)
    seconds = float(dict(api.bench.ask("other").headers)["retry-after"])
    return seconds if asked == len(api.http.asked) else 0.0


EVENTS: dict[str, tuple[Callable[[Api], None], int]] = {
    "a token is revoked": (a_change(INACTIVE), 401),
    "a token expires, and the server had said when": (expiry({**ACTIVE, "exp": START + 30}), 401),
    "a token expires, and the server had not said when": (expiry(FOREVER), 401),
    "a new token, that nobody has tried before": (issued(was_tried=False), 200),
    "a new token, that was tried too early": (issued(was_tried=True), 200),
    "the server is down: tokens known to be good stop passing": (a_change(DOWN), 503),
    "the same with `stale_if_error_seconds=600`": (a_change(DOWN), 503),
    "a token is revoked and the server is down after that, with `stale_if_error_seconds=600`": (
        revoked_before_an_outage,
        503,
    ),
    "the server is back, and had been down for a moment": (back(failures=4), 200),
    "the server is back, and was [left alone](#when-it-is-left-alone)": (back(failures=12), 200),
}
CHANGED_FACTS = "its scopes, its user, its audience change"


@pytest.mark.parametrize("delay", [one for one in delays() if one.event != CHANGED_FACTS], ids=str)
def test_the_api_knows_of_an_event_when_its_row_says(delay: Delay, edge: Edge) -> None:
    """A moment before it goes on as before, and then no longer."""
    api = Api(edge, stale_if_error_seconds=delay.stale_if_error_seconds)
    happen, then = EVENTS[delay.event]
    happen(api)
    before = then
    if delay.seconds:
        api.bench.move(delay.seconds - MOMENT)
        before = api.status()
        api.bench.move(MOMENT)
    assert then == api.status()
    assert bool(delay.seconds) is (before != then)


def test_the_api_knows_of_changed_facts_when_its_row_says(edge: Edge) -> None:
    """The scopes stand for all that an answer says."""
    delay = next(one for one in delays() if one.event == CHANGED_FACTS)
    api = Api(edge)
    assert api.scopes() == {"base"}
    api.http.answer = said({**ACTIVE, "scope": "other"})
    api.bench.move(delay.seconds - MOMENT)
    assert api.scopes() == {"base"}
    api.bench.move(MOMENT)
    assert api.scopes() == {"other"}


def test_stale_facts_never_pass_their_expiry(edge: Edge) -> None:
    """However long they may be stale."""
    api = Api(edge, stale_if_error_seconds=600)
    api.http.answer = said({**ACTIVE, "exp": START + 100})
    assert api.status() == 200
    api.http.answer = DOWN
    api.bench.move(100 - MOMENT)
    assert api.status() == 200
    api.bench.now.move(-1_000_000)  # a wall clock that is turned back is no help
    api.bench.move(MOMENT)
    assert api.status() == 503


def test_every_row_is_run() -> None:
    """And no event is without its row."""
    assert {*EVENTS, CHANGED_FACTS} == {one.event for one in delays()}


def test_the_pauses_grow_to_the_longest_and_no_further() -> None:
    """1 to 30 seconds, as the page has it."""
    api = Api(AsgiEdge())
    api.http.answer = DOWN
    for _ in range(5):
        assert api.status() == 503
    pauses = []
    for _ in range(7):
        pauses.append(_pause_of(api))
        api.bench.move(pauses[-1])
        assert api.status() == 503
    assert [1, 2, 4, 8, 16, 30, 30] == pauses
