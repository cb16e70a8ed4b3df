"""How much memory a request needs, and that it leaves none behind.

The bytes cannot be pinned exactly for every machine: each Python lays out its objects in its own way, and a
patch release may change a little. So they are pinned for each Python, give or take less than any object with
attributes. What the interpreter keeps to use again (floats, short tuples, frames) needs no bytes here.

To change a number here is a decision, and made as `test_calls.py` says, on each Python.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from bearerguard.adapters import asgi, wsgi
from tests.perf.memory import bytes_of_one, kept_by_each, undisturbed
from tests.perf.scenes import Scene, each_scene

SLACK_BYTES = 32  # a float or a small number

PYTHONS = ((3, 11), (3, 12), (3, 13))

# At most, and while the request is in the application; for each of PYTHONS.
BYTES = {
    ("header", "asgi"): [(1798, 1024), (1782, 1000), (1782, 1000)],
    ("header", "wsgi"): [(1498, 224), (1490, 216), (1490, 216)],
    ("not_recent", "asgi"): [(1798, 1024), (1782, 1000), (1782, 1000)],
    ("not_recent", "wsgi"): [(1498, 224), (1490, 216), (1490, 216)],
    ("scopes", "asgi"): [(1798, 1312), (1782, 1280), (1782, 1280)],
    ("scopes", "wsgi"): [(1498, 224), (1490, 216), (1490, 216)],
    ("query", "asgi"): [(2101, 926), (2037, 902), (2053, 902)],
    ("query", "wsgi"): [(1520, 158), (1520, 158), (1520, 158)],
    ("form", "asgi"): [(6056, 1992), (5888, 1960), (5912, 1968)],
    ("form", "wsgi"): [(11031, 392), (10960, 384), (10968, 384)],
    ("refused", "asgi"): [(3828, 0), (3580, 0), (3644, 0)],
    ("refused", "wsgi"): [(3212, 0), (2980, 0), (3044, 0)],
    ("unavailable", "asgi"): [(3562, 0), (3522, 0), (3634, 0)],
    ("unavailable", "wsgi"): [(2502, 0), (2494, 0), (2606, 0)],
}


@pytest.fixture(scope="module", autouse=True)
def _undisturbed() -> Iterator[None]:
    with undisturbed():
        yield


@pytest.fixture(autouse=True)
def _new_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter lays out instances by what the first of a class were given: here by these requests."""
    for module, name in ((asgi, "AsgiExchange"), (wsgi, "WsgiExchange")):
        monkeypatch.setattr(module, name, type(name, (getattr(module, name),), {}))


@each_scene
def test_a_request_leaves_nothing_behind(kind: str, edge: str) -> None:
    """No block, and nothing that the collector would have to find."""
    assert (0, 0) == kept_by_each(Scene(kind, edge))


@each_scene
def test_a_request_needs_the_bytes_that_are_pinned(kind: str, edge: str) -> None:
    """At most, and while it is in the application, which may be long."""
    if sys.version_info[:2] not in PYTHONS or sys.maxsize < 2**32:
        pytest.skip("no bytes are pinned for this Python")
    pinned = BYTES[kind, edge][PYTHONS.index(sys.version_info[:2])]
    assert pytest.approx(pinned, abs=SLACK_BYTES) == bytes_of_one(Scene(kind, edge))
