"""What counts as a call, and how a change is told."""

from __future__ import annotations

import gc
import sys

import pytest

from bearerguard.procedure import Procedure
from bearerguard.token import AccessToken
from tests.perf.counting import Calls
from tests.perf.edges import EDGES
from tests.perf.scenes import Scene
from tests.perf.telling import RULE, as_literal, difference

START = "made_up.start"


def count(source: str) -> Calls:
    """Run the function `start` of this source as one of the package."""
    namespace = {"__name__": f"bearerguard.{START.partition('.')[0]}"}
    exec(source, namespace)  # noqa: S102 - our own text
    start = namespace["start"]
    assert callable(start)
    with Calls() as calls:
        start()
    return calls


CALLS = {
    "a function of C": ("def start(): len(str(1).strip())", {"str.strip": 1, "len": 1}),
    "a function twice": ("def f(): pass\ndef start(): f(), f()", {"made_up.f": 2}),
    "a generator, once": (
        "def f():\n  yield 1\n  yield 2\ndef start():\n  for _ in f(): pass",
        {"made_up.f": 1},
    ),
    "two generators": (
        "def f(): yield\ndef start():\n  for _ in f(): pass\n  for _ in f(): pass",
        {"made_up.f": 2},
    ),
    "a comprehension's calls, not itself": ("def start(): [len(_) for _ in 'ab']", {"len": 2}),
    "the first step into another package": (
        "import textwrap\ndef start(): textwrap.indent('a', 'b')",
        {"textwrap.indent": 1},
    ),
    "a pattern by its place": (
        "from bearerguard.wire.authorization import _IS_BEARER\ndef start(): _IS_BEARER.match(b'')",
        {"wire.authorization._IS_BEARER.match": 1},
    ),
    "a pattern that has none": (
        "import re\np = re.compile('a')\ndef start(): p.match('')",
        {"a pattern.match": 1},
    ),
}


@pytest.mark.parametrize("what", CALLS)
def test_a_call_is_counted(what: str) -> None:
    """On each Python alike."""
    source, expected = CALLS[what]
    assert {START: 1, **expected} == count(source).counts


def test_generators_and_coroutines_are_told_apart() -> None:
    """Each by its name, beside its count."""
    calls = count(
        "async def c(): pass\ndef g(): yield\n"
        "def start():\n  list(g())\n  try: c().send(None)\n  except StopIteration: pass"
    )
    assert ({"made_up.g"}, {"made_up.c"}) == (calls.generators, calls.coroutines)


def test_what_others_call_is_not_counted() -> None:
    """This test is not of the package, and neither is what it calls."""
    with Calls() as calls:
        as_literal(calls)
    assert {} == calls.counts


def test_nothing_is_left_switched_on() -> None:
    """Nor off: whoever profiles the tests goes on, and so does the collector."""

    def profile(*_: object) -> None: ...

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        with Calls():
            pass
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(before)
    assert gc.isenabled()


@pytest.mark.parametrize("edge", EDGES)
def test_what_got_dearer_is_told_with_who_pays(edge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One check more in the middle of the warm path: it, and all that it calls."""
    scene = Scene("header", edge)
    pinned = scene.calls().counts
    check = Procedure._check

    def check_twice(self: Procedure, facts: AccessToken) -> None:
        check(self, facts)
        check(self, facts)

    monkeypatch.setattr(Procedure, "_check", check_twice)
    total = sum(pinned.values())
    assert [
        f"{scene.name}: {total} calls pinned, {total + 3} counted",
        "  dearer   procedure.Procedure._check: 1 pinned, 2 counted, by check_twice (2)",
        "  dearer   now: 1 pinned, 2 counted, by procedure.Procedure._check (2)",
        "  dearer   check_twice: 0 pinned, 1 counted, by procedure.Procedure._judge",
        RULE,
    ] == difference(scene.name, pinned, scene.calls()).splitlines()


def test_what_got_cheaper_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the pin follows, and what was won stays won."""
    scene = Scene("header", "wsgi")
    pinned = scene.calls().counts
    monkeypatch.setattr(Procedure, "_check", lambda *_: None)
    lines = difference(scene.name, pinned, scene.calls()).splitlines()
    assert "  cheaper  procedure.Procedure._check: 1 pinned, 0 counted" in lines
