"""What a warm request does without: flows, threads, log records, patterns."""

from __future__ import annotations

import logging
import threading
from contextlib import nullcontext
from typing import Any

import pytest

from tests.perf.counting import PACKAGE
from tests.perf.edges import EDGES
from tests.perf.scenes import KINDS, Scene, each_scene

each_edge = pytest.mark.parametrize("edge", EDGES)

COROUTINES = {"asgi": {"adapters.asgi.AsgiMiddleware.__call__", "application"}, "wsgi": set()}


@each_edge
@pytest.mark.parametrize("kind", ["header", "not_recent", "query"])
def test_a_warm_request_enters_no_flow(kind: str, edge: str) -> None:
    """No generator at all, and no coroutine but the middleware's own and the application's."""
    calls = Scene(kind, edge).calls()
    assert (set(), COROUTINES[edge]) == (calls.generators, calls.coroutines)


@each_edge
@pytest.mark.parametrize("kind", ["refused", "unavailable"])
def test_what_is_known_to_fail_enters_no_flow(kind: str, edge: str) -> None:
    """A flood of it must not cost more than it has to."""
    calls = Scene(kind, edge).calls()
    assert [] == [name for name in calls.counts if name.startswith("flow.")]


@each_edge
@pytest.mark.parametrize("kind", ["header", "not_recent", "query", "form"])
def test_a_warm_request_uses_no_pattern(kind: str, edge: str) -> None:
    """The grammar of a token is checked without: a signed one is long, and a pattern four times as slow."""
    assert {} == Scene(kind, edge).calls().patterns


@each_scene
def test_a_request_starts_no_thread(kind: str, edge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor borrows one: whoever does starts them on an event loop that is new."""
    started: list[threading.Thread] = []
    scene = Scene(kind, edge)
    monkeypatch.setattr(threading.Thread, "start", started.append)
    scene.edge.once(nullcontext())
    assert [] == started


@each_scene
def test_a_request_makes_no_log_record(
    kind: str, edge: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the level is WARNING: a refusal is not formatted for nobody."""
    made: list[Any] = []
    scene = Scene(kind, edge)
    caplog.set_level(logging.WARNING, "bearerguard")
    factory = logging.getLogRecordFactory()

    def note(name: str, *arguments: Any, **options: Any) -> logging.LogRecord:
        if name.partition(".")[0] == PACKAGE:
            made.append(arguments)
        return factory(name, *arguments, **options)

    monkeypatch.setattr(logging, "_logRecordFactory", note)
    scene.edge.once(nullcontext())
    assert [] == made


@each_scene
def test_each_scene_is_what_it_says(kind: str, edge: str) -> None:
    """Counted is the answer that was meant, and the same one again and again."""
    scene = Scene(kind, edge)
    first = scene.calls()
    assert KINDS[kind].status == scene.edge.status
    assert first.counts == scene.calls().counts
